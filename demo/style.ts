/**
 * The page's only style sheet. Some colours differ by server: `--server` for small surfaces and signs, `--on-server`
 * for text on it, `--deep` for the large surface under white text.
 */
export const style = `
:root {
  color-scheme: light dark;
  --ground: #f3efe6; --card: #fffdf8; --ink: #16242f; --muted: #56646f; --line: #ddd5c5; --danger: #a51d2d;
}
.a { --server: #0f6f68; --on-server: #fff; --deep: #0f6f68; }
.b { --server: #a84a08; --on-server: #fff; --deep: #a84a08; }
.c { --server: #6431c4; --on-server: #fff; --deep: #6431c4; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #0e161d; --card: #17222b; --ink: #e8eef2; --muted: #a3b2bd; --line: #2c3b47; --danger: #ff9aa2; }
  .a { --server: #5ad1c4; --on-server: #06211f; --deep: #0b4d48; }
  .b { --server: #f5b161; --on-server: #2a1503; --deep: #74380b; }
  .c { --server: #bda4f7; --on-server: #1c0d3d; --deep: #46288a; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
h1, h2, p, dl, dd, ul { margin: 0; padding: 0; }
ul { list-style: none; }
h1 { font-size: clamp(1.6rem, 5vw, 2.5rem); line-height: 1.1; letter-spacing: -0.02em; }
h2 { font-size: 1.2rem; line-height: 1.3; display: flex; gap: 0.6rem; align-items: baseline; }
h2 span { color: var(--server); font-variant-numeric: tabular-nums; }
svg { display: block; width: 2.5rem; height: 2.5rem; color: var(--server); }
.wide { width: min(100% - 2rem, 66rem); margin-inline: auto; }
.muted { color: var(--muted); }

.hero { background: var(--deep); color: #fff; padding-block: clamp(1.25rem, 4vw, 2.5rem); }
.hero .wide { display: grid; grid-template-columns: auto 1fr; gap: 1rem clamp(1rem, 4vw, 2.5rem); align-items: center; }
.hero .wide > :is(p:not(.mark), dl) { grid-column: 1 / -1; }
.mark { display: grid; place-items: center; border-radius: 50%; font-weight: 800; line-height: 1; text-transform: uppercase; }
.hero .mark { width: clamp(4.5rem, 18vw, 9rem); aspect-ratio: 1; font-size: clamp(2.6rem, 11vw, 5.5rem);
  border: clamp(0.35rem, 1.2vw, 0.7rem) solid currentColor; }
.hero p { max-width: 42rem; }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: 0.75rem 1.5rem;
  border-top: 1px solid; padding-top: 1rem; }
.facts dt { font-size: 0.85rem; }
.facts dd { font-weight: 700; overflow-wrap: anywhere; }
.notice { background: var(--card); border: 2px solid var(--server); border-radius: 0.75rem; padding: 0.75rem 1rem; }

main { display: grid; gap: 1rem; padding-block: 1rem 2rem; }
main > section { background: var(--card); border: 1px solid var(--line); border-radius: 1rem; padding: clamp(1rem, 3vw, 1.5rem);
  display: grid; gap: 1rem; align-content: start; scroll-margin-top: 1rem; }
.goods { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 8rem), 1fr)); gap: 0.75rem; }
.goods li { border: 1px solid var(--line); border-radius: 0.75rem; padding: 0.9rem; display: grid; gap: 0.6rem; grid-template-rows: auto 1fr; }
.goods strong, .row strong { display: block; }
.row { display: flex; flex-wrap: wrap; gap: 0.5rem 0.9rem; align-items: center; border-top: 1px solid var(--line); padding-block: 0.7rem; }
.row:first-child { border-top: 0; }
.row .grow { flex: 1; min-width: 6rem; }
.row svg { width: 1.9rem; height: 1.9rem; }
.row .mark { width: 2.6rem; aspect-ratio: 1; background: var(--server); color: var(--on-server); font-size: 1.2rem; }
.row .mark.stopped { background: none; color: var(--muted); border: 2px dashed var(--muted); }
.total { display: flex; justify-content: space-between; border-top: 2px solid var(--ink); padding-top: 0.7rem; font-weight: 700; }
.count { font-variant-numeric: tabular-nums; }

.claims { display: grid; gap: 0.1rem; }
.claims div { display: flex; flex-wrap: wrap; gap: 0.1rem 1rem; border-top: 1px solid var(--line); padding-block: 0.4rem; }
.claims dt { flex: 1 1 14rem; }
.claims dt span { color: var(--muted); font-size: 0.85rem; }
.claims dd { flex: 2 1 12rem; font-weight: 700; overflow-wrap: anywhere; }

form { margin: 0; }
.login { display: flex; flex-wrap: wrap; gap: 0.6rem; align-items: end; }
.login div { flex: 1; min-width: 10rem; display: grid; gap: 0.3rem; }
label { font-weight: 600; }
input, button { font: inherit; min-height: 2.75rem; border-radius: 0.6rem; padding: 0.4rem 1rem; }
input { width: 100%; border: 1px solid var(--muted); background: var(--ground); color: var(--ink); }
button { border: 2px solid var(--server); background: var(--server); color: var(--on-server); font-weight: 700; cursor: pointer; }
.goods button, .servers button { width: 100%; padding-inline: 0.5rem; }
.servers form { flex-basis: 100%; }
button.quiet { background: none; color: var(--ink); border-color: var(--muted); }
button.danger { background: none; color: var(--danger); border-color: var(--danger); }
button:hover { filter: brightness(1.08); text-decoration: underline; }
:focus-visible { outline: 3px solid var(--ink); outline-offset: 3px; }
.hero :focus-visible { outline-color: #fff; }
.problem { color: var(--danger); font-weight: 600; }
footer { padding-bottom: 2rem; font-size: 0.9rem; }
a { color: inherit; }

@media (min-width: 46rem) {
  .hero .mark { grid-row: span 2; }
  .hero .wide > h1 { align-self: end; }
  .hero .wide > p:not(.mark) { grid-column: 2; align-self: start; }
  main { grid-template-columns: 3fr 2fr; }
  .notice, #servers, #orders, #handoff { grid-column: 1 / -1; }
  #goods { grid-row: span 2; grid-template-rows: auto 1fr; align-content: stretch; }
  .goods { grid-template-columns: 1fr 1fr; }
  .servers { display: grid; grid-template-columns: repeat(3, 1fr); gap: 0.75rem; }
  .servers .row { border: 1px solid var(--line); border-radius: 0.75rem; padding: 0.9rem; align-content: start; }
}
`;
