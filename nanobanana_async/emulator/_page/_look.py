"""How the page looks, and the few lines that keep it fresh; both stand in the page, whose policy allows nothing else.

The script is a convenience: without it everything works, and nothing moves by itself.
"""

from __future__ import annotations

import base64
from hashlib import sha256

STYLE = """
:root { color-scheme: light dark; --ground: #fbfaf7; --card: #fff; --ink: #23211c; --soft: #6b675e; --line: #e4e0d6;
  --done: #1f7a3f; --later: #8a6100; --refused: #b3261e; --wire: #93318f; --accent: #f2c230; }
@media (prefers-color-scheme: dark) { :root { --ground: #17161a; --card: #201f24; --ink: #e8e6e1; --soft: #9d988e;
  --line: #35333b; --done: #6fcf8f; --later: #e3b341; --refused: #ff8a80; --wire: #e08bdc; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 15px/1.45 system-ui, sans-serif; }
header, main, footer { max-width: 84rem; margin: 0 auto; padding: 0 1.25rem; }
header { padding-top: 1.25rem; display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; align-items: baseline; }
h1 { font-size: 1.25rem; margin: 0; border-bottom: 3px solid var(--accent); }
h2 { font-size: 1rem; margin: 0 0 .6rem; }
h2 small, .soft { color: var(--soft); font-weight: normal; }
header .soft { flex: 1 1 20rem; overflow-wrap: anywhere; }
main { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 29rem); gap: 1rem; padding-block: 1rem; }
.column { display: flex; flex-direction: column; gap: 1rem; min-width: 0; }
section { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding: .9rem 1rem; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th { text-align: left; color: var(--soft); font-weight: normal; font-size: .85rem; }
th, td { padding: .3rem .75rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
tr:last-child td { border-bottom: 0; }
th:last-child, td:last-child { padding-right: 0; }
.number { text-align: right; }
.number, .whole { white-space: nowrap; }
.prompt, .error { overflow-wrap: anywhere; }
.prompt { width: 40%; }
.error { color: var(--refused); font-size: .88rem; display: block; }
code, .id, .mono { font: .87em/1.45 ui-monospace, monospace; }
code { overflow-wrap: anywhere; }
.id { color: var(--soft); display: block; white-space: nowrap; }
.back { display: block; white-space: normal; font-size: .8rem; line-height: 1.2; }
.done { color: var(--done); } .later { color: var(--later); } .refused { color: var(--refused); }
.wire { color: var(--wire); }
.pictures { display: grid; grid-template-columns: repeat(auto-fill, minmax(7.2rem, 1fr)); gap: .5rem; }
.pictures a { aspect-ratio: 1; border-radius: .4rem; overflow: hidden; background: var(--line); display: block;
  overflow-wrap: anywhere; }
.pictures img { width: 100%; height: 100%; object-fit: cover; display: block; }
ul { list-style: none; margin: 0; padding: 0; }
.faults li { display: flex; gap: .75rem; justify-content: space-between; align-items: start; padding: .35rem 0;
  border-bottom: 1px solid var(--line); }
.faults code { display: block; }
form { margin: 0; }
.new { display: grid; gap: .5rem; margin-top: .8rem; }
label { display: grid; gap: .15rem; font-size: .85rem; color: var(--soft); min-width: 0; }
input, select, button { font: inherit; color: inherit; background: var(--ground); border: 1px solid var(--line);
  border-radius: .4rem; padding: .35rem .6rem; max-width: 100%; min-width: 0; }
input.text { font-family: ui-monospace, monospace; font-size: .87em; }
button { cursor: pointer; white-space: nowrap; }
button:hover, button:focus-visible { border-color: var(--ink); }
.complaint { border-left: 3px solid var(--refused); padding: .3rem .6rem; margin: .6rem 0 0; overflow-wrap: anywhere; }
details { margin-top: .8rem; } summary { cursor: pointer; color: var(--soft); }
dl { margin: .6rem 0 0; font-size: .88rem; } dt { margin-top: .5rem; } dd { margin: 0; color: var(--soft); }
.requests { font: .8rem/1.6 ui-monospace, monospace; max-height: 40rem; overflow: auto; }
.requests li { display: grid; grid-template-columns: 8ch 4ch minmax(0, 1fr) auto; column-gap: 1ch; }
.requests .path { overflow-wrap: anywhere; }
.requests .fault { grid-column: 3 / -1; text-align: right; }
.pages { display: flex; justify-content: space-between; margin-top: .7rem; }
a { color: inherit; text-underline-offset: .15em; }
.live { display: flex; gap: .4rem; align-items: center; }
footer { padding-bottom: 1.5rem; font-size: .85rem; color: var(--soft); }
[hidden] { display: none !important; }
@media (max-width: 76rem) {
  main { grid-template-columns: minmax(0, 1fr); }
  .column { display: contents; }
  #pictures { order: 1; } #tasks { order: 2; } #requests { order: 3; }
}
@media (max-width: 44rem) {
  header, main, footer { padding-inline: .75rem; }
  .pictures { grid-template-columns: repeat(auto-fill, minmax(4.5rem, 1fr)); gap: .35rem; }
  .cards thead { display: none; }
  .cards tr { display: block; padding: .6rem 0; border-bottom: 1px solid var(--line); }
  .cards tr:last-child { border-bottom: 0; }
  .cards td { display: inline-block; border: 0; padding: 0 .9rem 0 0; width: auto; text-align: left; }
  .cards td.prompt { display: block; padding: .15rem 0; }
  .cards .back { display: inline; }
  .requests .said { grid-column: 3 / -1; }
  .requests .fault { text-align: left; }
  #accounts th, #accounts td { padding-right: .5rem; }
  #accounts td { white-space: normal; }
  .cards td[data-label]::before { content: attr(data-label) " "; color: var(--soft); font-size: .85rem; }
}
""".strip()

SCRIPT = """
(() => {
  const box = document.getElementById("live"), toggle = box.querySelector("input");
  box.hidden = false;
  try { toggle.checked = sessionStorage.getItem("live") !== "no"; } catch {}
  toggle.onchange = () => { try { sessionStorage.setItem("live", toggle.checked ? "yes" : "no"); } catch {} };
  async function refresh() {
    if (toggle.checked && !document.hidden) {
      try {
        const answer = await fetch("./" + location.search, {headers: {"Accept": "text/html", "X-Refresh": "yes"}});
        const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
        for (const part of document.querySelectorAll("[data-live]")) {
          const now = fresh.getElementById(part.id);
          if (now && now.innerHTML !== part.innerHTML) part.innerHTML = now.innerHTML;
        }
      } catch {}
    }
    setTimeout(refresh, 2000);
  }
  setTimeout(refresh, 2000);
})();
""".strip()

FAVICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E"
    "%3Cpath d='M6 5c1 12 8 20 21 20-3 4-9 5-14 2C5 22 2 14 3 6z' fill='%23f2c230' stroke='%23604a00'/%3E%3C/svg%3E"
)


def _allowed(text: str) -> str:
    return f"'sha256-{base64.b64encode(sha256(text.encode()).digest()).decode()}'"


HEADERS = {
    "Content-Security-Policy": "; ".join(
        (
            "default-src 'none'",
            "img-src 'self' data:",
            f"style-src {_allowed(STYLE)}",
            f"script-src {_allowed(SCRIPT)}",
            "connect-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    ),
    "X-Content-Type-Options": "nosniff",
    # Not `no-referrer`: browsers would then send `Origin: null` with our own forms.
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Vary": "Accept",
}
"""What goes with the page: it runs its own style and script, talks to this emulator, and to nobody else."""
