/** Of a report's page: on white and on black paper, readable without a network and printed as it is seen. */
export const PAGE_STYLE = `
:root { color-scheme: light dark; --ink: #24292f; --faint: #6e7781; --line: #d8dee4; --paper: #fff; --card: #f6f8fa;
  --useful: #57a773; --wasted: #d1495b; --beginning: #b39ddb; --starting: #7e9cd8; --data: #e08e45; --scan: #e8c547;
  --passed: #c77dba; --tail: #a9b4c0; --ending: #6fb3b8; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --faint: #8d96a0; --line: #30363d; --paper: #0d1117;
  --card: #161b22; --useful: #3f8f5c; --wasted: #c03d50; --beginning: #7e6bb0; --starting: #5673ad; --data: #b8702f;
  --scan: #b39530; --passed: #96578b; --tail: #57606a; --ending: #4a8a8f; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1240px; padding: 28px 20px 48px; background: var(--paper); color: var(--ink);
  font: 14px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 22px; margin: 0; line-height: 1.3; }
h2 { font-size: 16px; margin: 36px 0 10px; }
p { margin: 4px 0; }
.faint { color: var(--faint); }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 10px; margin: 20px 0 0; }
.figures div { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 10px 14px; }
.figures b { display: block; font-size: 20px; font-weight: 600; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: 5px 14px 5px 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { font-weight: 600; color: var(--faint); }
th.n, td.n { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
td.words { white-space: pre-wrap; }
code { font: 12px ui-monospace, monospace; }
.use { display: flex; height: 22px; border-radius: 5px; overflow: hidden; margin-bottom: 8px; }
.keys { display: flex; flex-wrap: wrap; gap: 4px 18px; }
.keys i { display: inline-block; width: 10px; height: 10px; border-radius: 2px; margin-right: 6px; }
summary { cursor: pointer; font-size: 16px; font-weight: 600; margin-top: 36px; }
svg { display: block; width: 100%; min-width: 860px; height: auto; border: 1px solid var(--line); border-radius: 8px; }
`;
