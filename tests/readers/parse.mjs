// Reads a feed from standard input with a parser, which is the argument, and prints the entries that it finds as JSON for check.py.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(join(process.env.NODE_MODULES, "x.js"));
const text = readFileSync(0, "utf8");

const parsers = {
  "rss-parser": async () => {
    const Parser = require("rss-parser");
    const feed = await new Parser().parseString(text);
    return feed.items.map(({ id, title, link, pubDate, author, content }) =>
      ({ id, title, link, published: pubDate, authors: [author], content }));
  },
  feedsmith: async () => {
    const { parseFeed } = require("feedsmith");
    const { format, feed } = parseFeed(text);
    const names = (item) => (item.authors ?? []).map((author) => author.name);
    if (format === "json") {
      return (feed.items ?? []).map((item) => ({ id: item.id, title: item.title, link: item.external_url ?? item.url,
        published: item.date_published ?? item.date_modified, authors: names(item), content: item.content_html }));
    }
    return (feed.entries ?? []).map((entry) => ({ id: entry.id, title: entry.title.value,
      link: entry.links.find((link) => link.rel === "alternate").href, published: entry.published ?? entry.updated,
      authors: names(entry), content: entry.content.value }));
  },
};

console.log(JSON.stringify(await parsers[process.argv[2]]()));
