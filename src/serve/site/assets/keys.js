"use strict";
// How much has come in or changed since the page was made, looked for while somebody looks at it.
const news = document.querySelector(".news");
if (news) {
  setInterval(async () => {
    if (document.hidden) {
      return;
    }
    const answer = await fetch(`/api/changes?count=yes&cursor=${news.dataset.cursor}`).catch(() => null);
    const { n } = answer?.ok ? await answer.json() : { n: "?" };
    news.hidden = !n;
    news.textContent = answer?.ok ? `${n} new or changed` : "newswire does not answer";
  }, 20000);
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
