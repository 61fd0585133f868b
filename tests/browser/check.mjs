// What run.sh beside this says. Arguments: the program, Chromium, a folder to work in, and one for pictures or nothing.
import { spawn, spawnSync } from "node:child_process";
import { get } from "node:http";
import { createRequire } from "node:module";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const [program, chromium, work, pictures] = process.argv.slice(2);
const require = createRequire(join(process.env.NODE_MODULES, "x.js"));
const { chromium: driver } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

let held = 0;
let failed = 0;
function check(holds, claim, told = "") {
  if (holds) {
    held += 1;
  } else {
    failed += 1;
    console.log(`failed: ${claim}${told ? `: ${told}` : ""}`);
  }
}

function newswire(...words) {
  const outcome = spawnSync(program, ["--db", join(work, "pages.db"), ...words], { cwd: work, encoding: "utf8" });
  if (outcome.status !== 0) {
    throw new Error(`newswire ${words.join(" ")}: ${outcome.stderr}`);
  }
}

// A store in which every field tries to be more than text, and in which some articles are stories, copies and revisions.
const hostile = (name) => readFileSync(new URL(`../fixtures/hostile/${name}.jsonl`, import.meta.url), "utf8").trim().split("\n").map(JSON.parse);
const lines = (rows) => rows.map((row) => JSON.stringify(row)).join("\n");
const articles = hostile("first");
articles[1].title += "x".repeat(10_000_000);
writeFileSync(join(work, "first.jsonl"), lines(articles));
writeFileSync(join(work, "second.jsonl"), lines(hostile("second")));
newswire("import", "first.jsonl");
newswire("import", "second.jsonl");

// Starts what shows pages, and tells where.
async function shown(words) {
  const server = spawn(program, ["--db", join(work, "pages.db"), ...words], { cwd: work });
  const base = await new Promise((resolve, reject) => {
    let said = "";
    const listen = (data) => {
      said += data;
      const place = said.match(/http:\/\/127[0-9.:]+/);
      if (place) {
        resolve(place[0]);
      }
    };
    server.stderr.on("data", listen);
    server.stdout.on("data", listen);
    server.on("exit", () => reject(new Error(said)));
  });
  return { server, base };
}
const { server, base } = await shown(["serve", "--listen", "127.0.0.1:0"]);

const paths = ["/", "/stories", "/stories/1", "/articles/1", "/articles/2", "/articles/3", "/articles/4", "/articles/5", "/articles/6",
  "/articles/1/diff/1..2", "/search", "/search?q=storm", "/search?q=%3Cscript%3E", "/revised", "/removed", "/sources", "/sources/a", "/gaps",
  "/feeds", "/alarms", "/workers", "/why", "/why?url=https%3A%2F%2Fa.example%2F1", "/why?url=https%3A%2F%2Felsewhere.invalid%2F%3Cscript%3E", "/nowhere", "/search?since=%3Cscript%3E"];

const browser = await driver.launch({ executablePath: chromium, args: ["--no-sandbox"] });
try {
  for (const scheme of ["light", "dark"]) {
    const context = await browser.newContext({ colorScheme: scheme, viewport: { width: 1280, height: 900 } });
    for (const path of paths) {
      const page = await context.newPage();
      const told = [];
      const foreign = [];
      page.on("console", (message) => ["error", "warning"].includes(message.type()) && told.push(message.text()));
      page.on("pageerror", (error) => told.push(error.message));
      page.on("request", (request) => request.url().startsWith(base) || foreign.push(request.url()));
      await page.addInitScript(() => {
        window.violations = [];
        document.addEventListener("securitypolicyviolation", (event) => window.violations.push(`${event.violatedDirective} ${event.blockedURI}`));
      });
      const answer = await page.goto(base + path, { waitUntil: "load" });
      const expected = path === "/nowhere" ? 404 : path.startsWith("/search?since") ? 400 : 200;
      check(answer.status() === expected, `${path} answers ${expected}`, answer.status());
      // Chromium writes of each answer that is no success that it is none.
      const faults = told.filter((line) => expected === 200 || !line.includes("Failed to load resource"));
      check(faults.length === 0, `${path} writes nothing to the console`, faults.join("; "));
      check(foreign.length === 0, `${path} asks nobody else`, foreign.join(" "));
      const violations = await page.evaluate(() => window.violations);
      check(violations.length === 0, `${path} keeps to its policy`, violations.join("; "));
      check((await page.title()).endsWith("· newswire"), `${path} keeps its title`, await page.title());
      for (const width of [1280, 360]) {
        await page.setViewportSize({ width, height: 900 });
        const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        check(over <= 0, `${path} fits ${width} pixels`, `${over} too many`);
      }
      await page.setViewportSize({ width: 1280, height: 900 });
      // axe writes to the page, which its policy forbids: it looks from a world of its own.
      const world = await context.newCDPSession(page);
      const { frameTree } = await world.send("Page.getFrameTree");
      const { executionContextId } = await world.send("Page.createIsolatedWorld", { frameId: frameTree.frame.id });
      await world.send("Runtime.evaluate", { contextId: executionContextId, expression: axe });
      const looked = await world.send("Runtime.evaluate", {
        contextId: executionContextId, awaitPromise: true, returnByValue: true,
        expression: `axe.run().then((found) => found.violations.map((one) => one.id + ": " + one.nodes.slice(0, 3).map((node) => node.html.slice(0, 120)).join(" | ")))`,
      });
      const found = looked.result.value ?? [JSON.stringify(looked.exceptionDetails ?? looked.result)];
      check(found.length === 0, `axe finds nothing at ${path} (${scheme})`, found.join("; "));
      if (pictures) {
        mkdirSync(pictures, { recursive: true });
        await page.screenshot({ path: join(pictures, `${path.replaceAll(/[^a-z0-9]+/g, "-")}-${scheme}.png`) });
      }
      await page.close();
    }
    await context.close();
  }

  // Without scripts: the search form and the links do it all.
  const plain = await browser.newContext({ javaScriptEnabled: false });
  const page = await plain.newPage();
  await page.goto(base);
  await page.fill("input[type=search]", "quay");
  await page.press("input[type=search]", "Enter");
  await page.waitForURL(/search\?q=quay/);
  check((await page.locator(".hit").count()) > 0, "the search works without scripts");
  await page.locator(".hit .headline a").first().click();
  await page.waitForURL(/articles\//);
  check((await page.locator("article p").count()) > 0, "an article is reached without scripts");
  await plain.close();

  // By keyboard alone: the first stop leads past the navigation, j goes to headlines, Enter opens them, / leads to the search field.
  const context = await browser.newContext();
  const keys = await context.newPage();
  await keys.goto(base);
  await keys.keyboard.press("Tab");
  check((await keys.evaluate(() => document.activeElement.className)) === "skip", "the first stop leads past the navigation");
  await keys.keyboard.press("j");
  check(await keys.evaluate(() => document.activeElement.matches(".headline a")), "j goes to a headline");
  await keys.keyboard.press("/");
  check(await keys.evaluate(() => document.activeElement.type === "search"), "/ goes to the search field");
  await keys.keyboard.press("Shift+Tab");
  await keys.keyboard.press("j");
  await keys.keyboard.press("Enter");
  await keys.waitForURL(/(articles|stories)\//);
  check(true, "Enter opens a headline");
  await context.close();

  // A name that leads here, and a form of another site's.
  const rebound = await new Promise((resolve) => get(base, { headers: { host: "elsewhere.invalid" } }, (answer) => resolve(answer.statusCode)));
  check(rebound === 421, "a foreign name is refused", rebound);
  const posted = await fetch(`${base}/stories/1`, { method: "POST", headers: { origin: "http://elsewhere.invalid" } });
  check(posted.status === 405, "a form of another site's is refused", posted.status);

  // What came in since is told while somebody looks.
  const watching = await browser.newContext();
  const watched = await watching.newPage();
  await watched.clock.install();
  await watched.goto(base);
  writeFileSync(join(work, "third.jsonl"), JSON.stringify({ url: "https://c.example/7", title: "Later", source: "c", paragraphs: ["The ferry that left at dawn came back at noon, and nobody on the quay could say why."] }));
  newswire("import", "third.jsonl");
  check(await watched.locator(".news").isHidden(), "nothing is said to be new before it is looked for");
  await watched.clock.fastForward(21_000);
  await watched.locator(".news").waitFor({ state: "visible" });
  check((await watched.locator(".news").textContent()) === "1 new or changed", "what came in is told", await watched.locator(".news").textContent());
  await watched.clock.fastForward(10 * 60_000);
  await watched.locator(".news", { hasText: "10 min old" }).waitFor();
  await watching.close();

  // Orders, by the buttons of our own pages and by a form of another site's.
  writeFileSync(join(work, "newswire.toml"), '[http]\nlisten = "127.0.0.1:0"\npages = true\nwriting = true\n');
  writeFileSync(join(work, "sources.toml"), '[[source]]\nslug = "quay"\nurl = "http://127.0.0.1:1/feed"\n');
  const daemon = await shown(["--config", "newswire.toml", "run"]);
  try {
    const orders = await (await browser.newContext()).newPage();
    for (let tries = 0; tries < 50; tries += 1) {
      if ((await orders.goto(`${daemon.base}/sources/quay`)).status() === 200) {
        break;
      }
      await orders.waitForTimeout(200);
    }
    await orders.getByRole("button", { name: "Pause" }).click();
    await orders.locator(".done").waitFor();
    check((await orders.locator(".done").textContent()).includes("not polled"), "a source is paused by its button");
    await orders.waitForURL(`${daemon.base}/sources/quay`);
    await orders.reload();
    check((await orders.locator(".done").count()) === 0, "what was done is not told again when the page is loaded anew");
    await orders.route("http://elsewhere.invalid/", (route) => route.fulfill({
      contentType: "text/html",
      body: `<form method="post" action="${daemon.base}/sources/quay"><button name="do" value="resume">x</button></form>`,
    }));
    await orders.goto("http://elsewhere.invalid/");
    const [answer] = await Promise.all([orders.waitForResponse((one) => one.url().startsWith(daemon.base)), orders.locator("button").click()]);
    check(answer.status() === 403, "a form of another site's gives no orders", answer.status());
    await orders.goto(`${daemon.base}/sources/quay`);
    check((await orders.getByRole("button", { name: "Resume" }).count()) === 1, "the source is paused still");
    await orders.goto(`${daemon.base}/stories/1`);
    check((await orders.locator("input.mark").count()) > 0, "articles of a story can be marked");
  } finally {
    daemon.server.kill("SIGTERM");
  }
} finally {
  await browser.close();
  server.kill("SIGTERM");
}
console.log(`${held} of ${held + failed} checks hold`);
process.exit(failed ? 1 : 0);
