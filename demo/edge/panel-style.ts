/**
 * The panel's style: that of a night outside, by day as well, so that it is not taken for a part of the shop. It stands in pages of
 * the shop and in Moor's own, which are narrow and have no other style.
 */
export const panelStyle = `
body { padding-bottom: 3.5rem; }
html { scroll-padding-bottom: 4rem; }
.lab { --lab: #10263a; --lab-ink: #eaf2f8; --lab-muted: #a9bfd0; --lab-line: #34526b; --lab-good: #6fe0a8; --lab-bad: #ffb08a;
  box-sizing: border-box; background: var(--lab); color: var(--lab-ink); border: 1px solid var(--lab-line); border-radius: 1rem;
  padding: clamp(1rem, 3vw, 1.75rem); display: grid; gap: 1rem; scroll-margin-top: 1rem; font: 1rem/1.5 system-ui, sans-serif; text-align: left; }
main > section.lab { background: var(--lab); border-color: var(--lab-line); grid-column: 1 / -1; }
body:not(:has(main)) > .lab { width: min(100vw - 2rem, 66rem); margin: 1rem calc(50% - min(50vw - 1rem, 33rem)) 0; }
.lab * { box-sizing: border-box; }
.lab :is(h2, h3, p, ol, dl, dd) { margin: 0; padding: 0; }
.lab h2 { font-size: 1.2rem; line-height: 1.3; display: flex; gap: 0.6rem; align-items: baseline; }
.lab h2 span { color: var(--lab-good); font-variant-numeric: tabular-nums; }
.lab > p { max-width: 46rem; }
.lab .hint { color: var(--lab-muted); font-size: 0.9rem; }

.stores { list-style: none; display: grid; gap: 0.75rem; }
.store { border: 1px solid var(--lab-line); border-radius: 0.75rem; padding: 0.9rem; display: grid; gap: 0.5rem;
  align-content: start; position: relative; font-size: 0.92rem; }
.store h3 { font-size: 1rem; line-height: 1.3; }
.store p { color: var(--lab-muted); }
.store .said { color: inherit; font-weight: 700; display: flex; gap: 0.5rem; align-items: baseline; }
.store .said::before { content: ""; flex: none; width: 0.7rem; height: 0.7rem; border-radius: 50%; border: 2px solid currentColor; }
.store.idle .said { color: var(--lab-muted); font-weight: 400; }
.store.passed .said { color: var(--lab-bad); }
.store.answered { border-color: var(--lab-good); box-shadow: inset 0 0 0 1px var(--lab-good); }
.store.answered .said { color: var(--lab-good); }
.store.answered .said::before { background: currentColor; }
.lab :is(.outcome, .verdict) { font-size: 1.1rem; font-weight: 700; }
.lab p a { color: inherit; }
.lab :is(.return, .open) a { display: inline-block; border-radius: 0.6rem; padding: 0.6rem 1rem; font-weight: 700; background: var(--lab-good); color: #04231a; }
.lab :is(.expect, .advice) { background: #0a1b2a; border-radius: 0.75rem; padding: 0.8rem 1rem; max-width: none; }
.lab .lab-facts { display: grid; grid-template-columns: 1fr 1fr; gap: 0.9rem 1.5rem; border-top: 1px solid var(--lab-line); padding-top: 1rem; }
.lab-facts dt { font-size: 0.85rem; line-height: 1.35; }
.lab-facts dt span { display: block; color: var(--lab-muted); }
.lab-facts dd { font-weight: 700; }

.lab .flow { display: grid; gap: 0.75rem; list-style: none; counter-reset: step; }
.lab .flow li { counter-increment: step; border: 1px solid var(--lab-line); border-radius: 0.75rem; padding: 0.9rem 0.9rem 0.9rem 3.2rem;
  position: relative; overflow-wrap: anywhere; }
.lab .flow li::before { content: counter(step); position: absolute; left: 0.9rem; top: 0.8rem; width: 1.6rem; height: 1.6rem; border-radius: 50%;
  border: 2px solid var(--lab-good); color: var(--lab-good); display: grid; place-items: center; font-weight: 700; font-size: 0.85rem; }
.lab :is(.flow, .logout) :is(h3, p) { margin: 0; font-size: 1rem; line-height: 1.5; }
.lab :is(.flow, .logout) p { color: var(--lab-muted); font-size: 0.92rem; max-width: 60rem; }
.lab .logout { display: grid; gap: 0.75rem; border-top: 1px solid var(--lab-line); padding-top: 1rem; }

.lab form { margin: 0; }
#provider > form { max-width: 20rem; }
.lab button { font: inherit; font-weight: 700; min-height: 2.75rem; width: 100%; border-radius: 0.6rem; padding: 0.4rem 0.8rem;
  border: 2px solid var(--lab-bad); background: none; color: var(--lab-bad); cursor: pointer; }
.lab button.here { background: var(--lab-good); border-color: var(--lab-good); color: #04231a; }
.lab button:hover { text-decoration: underline; }
.lab .logout button { border-color: var(--lab-muted); color: inherit; }
.lab .locations { display: grid; gap: 0.75rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 11rem), 1fr)); }
.lab .locations button { border-color: var(--lab-muted); color: inherit; }
.lab .locations small { display: block; font-weight: 400; color: var(--lab-muted); }
.lab .locations button:disabled { background: var(--lab-good); border-color: var(--lab-good); color: #04231a; cursor: default; text-decoration: none; }
.lab .locations button:disabled small { color: inherit; }
.lab .locations button.none:disabled { background: none; border-color: var(--lab-line); color: var(--lab-muted); }
.lab :focus-visible { outline: 3px solid #fff; outline-offset: 3px; }

.lab-bar { position: fixed; inset: auto 0 0; z-index: 1; background: #0a1b2a; color: #eaf2f8; border-top: 1px solid #34526b;
  padding: 0.6rem 1rem; display: flex; flex-wrap: wrap; gap: 0.2rem 0.9rem; justify-content: center; align-items: baseline;
  font: 0.9rem/1.4 system-ui, sans-serif; text-decoration: none; }
.lab-bar:hover { text-decoration: underline; }
.lab-bar .chip { border: 1px solid #ffb08a; color: #ffb08a; border-radius: 1rem; padding: 0 0.6rem; font-size: 0.85rem; font-weight: 600; }

@media (min-width: 40rem) {
  .stores { grid-template-columns: 1fr 1fr; }
}
@media (min-width: 60rem) {
  .stores { grid-template-columns: repeat(4, 1fr); gap: 0 1.5rem; }
  .lab .logout { grid-template-columns: 1fr 1fr; }
  .lab .logout :is(h3, p) { grid-column: 1 / -1; }
  .store { grid-row: span 4; grid-template-rows: subgrid; }
  .lab .lab-facts { grid-template-columns: repeat(3, 1fr); }
  .store + .store::before { content: "→"; position: absolute; left: -1.5rem; width: 1.5rem; top: 0.8rem; text-align: center; color: var(--lab-muted); }
}
`;
