"use strict";
// How much has come in or changed since the page was made, looked for while somebody looks at it; and how old its times are.
const news = document.querySelector(".news");
if (news) {
  const made = Date.now();
  setInterval(async () => {
    if (document.hidden) {
      return;
    }
    const answer = await fetch(`/api/changes?count=yes&cursor=${news.dataset.cursor}`).catch(() => null);
    const { n } = answer?.ok ? await answer.json() : { n: "?" };
    const minutes = Math.floor((Date.now() - made) / 60000);
    const age = minutes < 5 ? "" : ` (this is ${minutes} min old)`;
    news.hidden = !n && !age;
    news.textContent = answer?.ok ? `${n || "nothing"} new or changed${age}` : "newswire does not answer";
  }, 20000);
}
// What an order has led to is told once, and not again when the page is loaded anew.
if (document.querySelector(".done")) {
  const here = new URL(location);
  here.searchParams.delete("done");
  history.replaceState(null, "", here);
}
// j and k go from headline to headline, / to the search field. Without this everything works as well, by tabulator.
document.addEventListener("keydown", (event) => {
  const field = event.target.closest("input, textarea, select");
  if (field || event.ctrlKey || event.metaKey || event.altKey) {
    return;
  }
  if (event.key === "/") {
    event.preventDefault();
    document.querySelector("input[type=search]").focus();
    return;
  }
  const step = { j: 1, k: -1 }[event.key];
  if (!step) {
    return;
  }
  const headlines = [...document.querySelectorAll("main .headline a")];
  const at = headlines.indexOf(document.activeElement);
  const next = headlines[at < 0 ? (step > 0 ? 0 : headlines.length - 1) : at + step];
  if (next) {
    next.focus();
    next.scrollIntoView({ block: "nearest" });
  }
});
