/** The stylesheet of the console. A state has a shape as well as a colour. */
export const STYLE = `
:root { color-scheme: light dark; --ground:#f6f6f3; --card:#fff; --ink:#17212b; --muted:#56616c; --line:#d9dcdf; --good:#0b6e4f; --warn:#8a5200; --bad:#a3192a; --accent:#0b57a4; --tint:#fff4e0; --tintbad:#fdecec }
@media (prefers-color-scheme: dark) { :root { --ground:#10161c; --card:#18212a; --ink:#e6ecf1; --muted:#a3b3c0; --line:#2d3a46; --good:#63d6a5; --warn:#f2b45a; --bad:#ff9a9f; --accent:#8cc4ff; --tint:#2b2314; --tintbad:#321b1f } }
* { box-sizing:border-box }
body { margin:0; background:var(--ground); color:var(--ink); font:15px/1.5 system-ui,sans-serif; font-variant-numeric:tabular-nums }
a { color:var(--accent) }
:focus-visible { outline:3px solid var(--accent); outline-offset:2px; border-radius:3px }
.skip { position:absolute; left:-99rem } .skip:focus { left:1rem; top:.5rem; background:var(--card); padding:.5rem 1rem; z-index:2 }
header, main, footer { padding:.7rem clamp(.75rem,3vw,2rem); max-width:86rem; margin:auto }
header { display:flex; flex-wrap:wrap; gap:.4rem 1rem; align-items:center }
nav { display:flex; flex-wrap:wrap; gap:.1rem .3rem; flex:1 } nav a { padding:.45rem .7rem; border-radius:.4rem; text-decoration:none; color:inherit }
nav a[aria-current] { background:var(--accent); color:var(--card); font-weight:600 }
main { display:grid; gap:1rem; grid-template-columns:minmax(0,1fr) }
section { background:var(--card); border:1px solid var(--line); border-radius:.7rem; padding:1rem; min-width:0 }
h1 { font-size:1.3rem; margin:0 } h2 { font-size:1.05rem; margin:0 0 .6rem }
small, .muted { color:var(--muted); font-weight:400; font-size:.87rem }
input, select, button { font:inherit; min-height:2.5rem; border-radius:.45rem; border:1px solid var(--muted); background:var(--card); color:inherit; padding:.3rem .7rem; max-width:100% }
button { font-weight:600; cursor:pointer } button.bad { color:var(--bad); border-color:var(--bad) } header form { display:flex; gap:.4rem; flex-wrap:wrap }
.needs { list-style:none; margin:0; padding:0; display:grid; gap:.5rem } .needs li { border-left:5px solid var(--warn); background:var(--tint); padding:.55rem .8rem; border-radius:.3rem } .needs li.bad { border-color:var(--bad); background:var(--tintbad) }
.tiles { display:grid; gap:.6rem 1.4rem; grid-template-columns:repeat(auto-fit,minmax(9rem,1fr)); margin:0 } .tiles dt { color:var(--muted); font-size:.87rem } .tiles dd { margin:0; font-size:1.3rem; font-weight:600 } .tiles small { display:block }
.two { display:grid; gap:1rem; grid-template-columns:repeat(auto-fit,minmax(min(100%,24rem),1fr)) }
table { border-collapse:collapse; width:100% } th, td { text-align:left; padding:.35rem .6rem .35rem 0; border-bottom:1px solid var(--line); vertical-align:top; overflow-wrap:break-word } th { color:var(--muted); font-size:.87rem; font-weight:500 } .n { text-align:right }
.state::before { content:""; display:inline-block; width:.7rem; height:.7rem; margin-right:.4rem; border:2px solid currentColor; border-radius:50% }
.good { color:var(--good) } .good.state::before { background:currentColor } .warn { color:var(--warn) } .warn.state::before { background:linear-gradient(90deg,currentColor 50%,transparent 50%) } .bad { color:var(--bad) } .bad.state::before { border-radius:0; background:currentColor; transform:rotate(45deg) scale(.85) }
.acts { display:flex; gap:.35rem; flex-wrap:wrap } .acts a { border:1px solid var(--muted); border-radius:.4rem; padding:.3rem .7rem; text-decoration:none; color:inherit; font-weight:600 } .acts a.bad { border-color:var(--bad); color:var(--bad) }
.plain { list-style:none; margin:.8rem 0 0; padding:0 } .plots { display:grid; gap:1rem 1.6rem; grid-template-columns:repeat(auto-fill,minmax(min(100%,22rem),1fr)) }
figure { margin:0; min-width:0 } figcaption { font-weight:600; margin-bottom:.5rem } .plot { display:grid; grid-template-columns:auto minmax(0,1fr); column-gap:.4rem } svg { display:block; width:100%; height:5rem; border:1px solid var(--line); border-width:0 0 1px 1px } path { fill:none; stroke:var(--accent); stroke-width:2; stroke-linecap:round; vector-effect:non-scaling-stroke } path.bad { stroke:var(--bad); stroke-dasharray:4 3 }
.axis.values { flex-direction:column; text-align:right; margin:-.4rem 0 } .axis:not(.values) { grid-column:2 } .axis { display:flex; justify-content:space-between; color:var(--muted); font-size:.8rem; margin:.1rem 0 } figure .muted { margin:0 }
.plan { border:2px solid var(--accent) } .plan form { display:flex; flex-wrap:wrap; gap:.6rem; align-items:end } label { display:grid; gap:.2rem; font-weight:600; font-size:.9rem } .plan li { margin:.25rem 0 }
code, .mono { font:.9em ui-monospace,monospace; overflow-wrap:anywhere } pre { overflow:auto; max-width:100% }
footer { color:var(--muted); font-size:.85rem }
@media (max-width:46rem) { table.cards thead { display:none } table.cards, table.cards tbody, table.cards tr, table.cards td { display:block; width:100% } table.cards tr { border:1px solid var(--line); border-radius:.6rem; padding:.5rem .8rem; margin-bottom:.6rem } table.cards td { border:0; padding:.18rem 0; display:flex; justify-content:space-between; gap:1rem; text-align:right } table.cards td::before { content:attr(data-h); color:var(--muted); font-size:.85rem; text-align:left; flex:none } }
`;

/** The script of the console: renews the page while nobody types in it, and `/` leads to the search. Every task works without it. */
export const SCRIPT = `
"use strict";
const EVERY_MS = 5000;
const isBusy = () => document.hidden || document.querySelector("main form") || getSelection()?.toString();
async function renew() {
  try {
    const response = isBusy() ? undefined : await fetch(location.href, { headers: { Accept: "text/html" } });
    if (response?.ok) {
      const next = new DOMParser().parseFromString(await response.text(), "text/html");
      const at = document.activeElement?.getAttribute("href");
      document.querySelector("main").replaceWith(next.querySelector("main"));
      document.title = next.title;
      if (at) document.querySelector('main a[href="' + CSS.escape(at) + '"]')?.focus();
      document.querySelector("#late").hidden = true;
    } else if (response) document.querySelector("#late").hidden = false;
  } catch {
    document.querySelector("#late").hidden = false;
  }
  setTimeout(renew, EVERY_MS);
}
if (document.querySelector("main[data-renew]")) setTimeout(renew, EVERY_MS);
addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.target.matches("input, select, textarea")) return;
  event.preventDefault();
  document.querySelector("header input")?.focus();
});
`;
