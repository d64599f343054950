/** Values of the design tokens that a report needs; print and every screen without a wish for dark get the light ones. */
const LIGHT = `color-scheme:light;--canvas:#f1f2f5;--panel:#fbfcfd;--raised:#ffffff;--line-soft:#e8e9ec;--line:#dee0e3;
--text-1:#1b1e24;--text-2:#4a4f56;--text-3:#666a73;--accent:#2e56d5;--added:#1a763f;--removed:#be2e34;--changed:#875d01;
--fused:#8b40b2;--warning:#915b00;--op-conv:#0571a2;--op-dense:#6836b6;--op-norm:#127b66;--op-act:#af5113;--op-elem:#736301;
--op-shape:#566577;--op-pool:#912061;--op-attn:#9b0c28;--op-control:#305301;--op-const:#6d6861;`;
const DARK = `color-scheme:dark;--canvas:#0e0f12;--panel:#16181a;--raised:#1d1f22;--line-soft:#222427;--line:#2a2c2f;
--text-1:#eff0f3;--text-2:#b2b4b9;--text-3:#8b8f95;--accent:#83a6fb;--added:#67cd87;--removed:#f47b76;--changed:#edb65c;
--fused:#c995e9;--warning:#f3ae58;--op-conv:#5db5eb;--op-dense:#a182e9;--op-norm:#7ae1c5;--op-act:#f8935d;--op-elem:#f0dc7b;
--op-shape:#8693a5;--op-pool:#e17aae;--op-attn:#ea5861;--op-control:#72a83c;--op-const:#a9a49c;`;

const FAMILIES = ['conv', 'dense', 'norm', 'act', 'elem', 'shape', 'pool', 'attn', 'control', 'const'];

const PAGE_STYLE = `
:root{${LIGHT}--font-ui:'Inter Variable','Inter',system-ui,-apple-system,'Segoe UI',sans-serif;
--font-mono:'JetBrains Mono Variable','JetBrains Mono',ui-monospace,'SF Mono',Menlo,monospace}
@media screen and (prefers-color-scheme:dark){:root:not([data-theme=light]){${DARK}}}
@media screen{:root[data-theme=dark]{${DARK}}}
*{box-sizing:border-box;margin:0;padding:0}
body{font:420 12.5px/1.45 var(--font-ui);font-variant-numeric:tabular-nums;letter-spacing:-.003em;color:var(--text-1);background:var(--canvas);-webkit-font-smoothing:antialiased;padding:22px 16px}
article{max-width:1060px;margin:0 auto;background:var(--panel);box-shadow:0 0 0 1px var(--line);border-radius:12px;padding:22px 46px 20px}
header{display:flex;gap:16px;justify-content:space-between;align-items:center;padding-bottom:18px;border-bottom:1px solid var(--line);font-size:13px;color:var(--text-3)}
header b{display:flex;gap:9px;align-items:center;color:var(--text-1);font-weight:620}
h1{font-size:34px;font-weight:640;letter-spacing:-.03em;line-height:1.16;margin:26px 0 10px;max-width:26em;overflow-wrap:anywhere;text-wrap:balance}
.lead{font-size:14px;line-height:1.5;color:var(--text-2);max-width:50em}
h2{font-size:13px;font-weight:620;margin-bottom:8px}h2 small{font-size:11px;font-weight:420;color:var(--text-3);margin-left:5px}
section{margin-top:24px;break-inside:avoid}
.two{display:grid;grid-template-columns:minmax(0,1.28fr) minmax(0,1fr);gap:0 36px}
.tiles{display:grid;grid-template-columns:repeat(5,minmax(0,1fr));margin-top:20px;border:solid var(--line);border-width:1px 0}
.tile{padding:13px 16px 14px;border-left:1px solid var(--line)}.tile:first-child{padding-left:0;border:0}.tile:last-child{padding-right:0}
.tile .k{font-size:12px;color:var(--text-2)}.tile .v{font-size:23px;font-weight:620;letter-spacing:-.02em;line-height:1.35}
.tile .p{font-size:12px;color:var(--text-3)}.tile .p b{font-weight:520;color:var(--text-1)}
.bars{display:block;width:100%;height:10px;margin-top:8px}
.gap{margin:10px 0 8px}.chart{display:block;width:100%;height:auto;overflow:visible}
.two .chart{max-width:540px}.chart text{font:420 10.5px var(--font-ui);fill:var(--text-3)}.chart .label{font-weight:560;fill:var(--text-1)}
.grid{stroke:var(--line-soft);fill:none}.fill-before{fill:var(--text-3);opacity:.45}.fill-after{fill:var(--accent)}
.before{--c:var(--text-3)}.after{--c:var(--accent)}.area{fill:var(--c);opacity:.22}.curve,.median{stroke:var(--c);stroke-width:1.5;fill:none}
.p95{stroke:var(--c);stroke-width:1.5;stroke-dasharray:2.5 2;fill:none}.dots{stroke:var(--c);stroke-width:3;stroke-linecap:round;opacity:.6}
.band{fill:var(--text-3);opacity:.16}.one{stroke:var(--text-3)}.interval path{stroke:var(--c);stroke-width:8;stroke-linecap:round;opacity:.4}.interval circle{fill:var(--c)}
.good{--c:var(--added)}.bad{--c:var(--removed)}.open{--c:var(--warning)}.plain{--c:var(--text-3)}.changed{--c:var(--changed)}
table{border-collapse:collapse;width:100%;font-size:12px}th{font-weight:520;font-size:11px;color:var(--text-3);text-align:left;padding:0 10px 6px;vertical-align:bottom}
td{padding:5px 10px;border-top:1px solid var(--line-soft);vertical-align:top}th:first-child,td:first-child{padding-left:0}th:last-child,td:last-child{padding-right:0}
.r{text-align:right;white-space:nowrap}.t2{color:var(--text-2)}.t3{color:var(--text-3)}.tone{color:var(--c)}.sub{display:block;font-size:11px;color:var(--text-3)}.med{font-weight:520}
.badge{display:inline-block;padding:1px 6px;border-radius:4px;font-size:10.5px;font-weight:520;white-space:nowrap;color:var(--c);background:color-mix(in oklch,var(--c) 14%,transparent)}
dl{display:grid;grid-template-columns:minmax(84px,auto) 1fr;gap:4px 12px;font-size:12px;margin-top:8px}dt{color:var(--text-3)}dd{overflow-wrap:anywhere}
.mono,code,pre{font-family:var(--font-mono);font-size:11px;letter-spacing:-.02em;overflow-wrap:anywhere}
pre{white-space:pre-wrap;padding:9px 12px;border-radius:7px;background:var(--canvas);margin-top:6px;user-select:all}
ul{padding-left:16px;color:var(--text-2)}li{margin-bottom:4px}.cols{columns:3;column-gap:30px;font-size:11px;margin-top:10px}.cols div{display:flex;justify-content:space-between;gap:8px;break-inside:avoid;padding:1px 0}.cols bdi{overflow-wrap:anywhere;color:var(--text-2)}.cols span{white-space:nowrap}
.two .cols{columns:2}.legend{display:flex;flex-wrap:wrap;gap:4px 14px;font-size:11px;color:var(--text-2);margin-top:6px}.key{display:inline-block;width:8px;height:8px;border-radius:2px;margin-right:5px;background:var(--c)}
.note{color:var(--text-3);font-size:12px;margin:0 0 6px}
footer{display:flex;flex-wrap:wrap;gap:4px 18px;justify-content:space-between;margin-top:24px;padding-top:12px;border-top:1px solid var(--line);font-size:11px;color:var(--text-3)}
@media screen and (max-width:860px){body{padding:0}article{border-radius:0;padding:18px}.two{grid-template-columns:minmax(0,1fr)}.tiles{grid-template-columns:1fr 1fr}.tile{border:0;padding:10px 0}.cols,.two .cols{columns:1}h1{font-size:26px}.scroll{overflow-x:auto}}
@page{margin:14mm}
@media print{h1{font-size:26px;margin-top:18px}.two{gap:0 26px}.tile{padding:9px 10px}.tile .v{font-size:17px}.tile .p,table,dl{font-size:10.5px}td,th{padding-left:5px;padding-right:5px}.cols{font-size:10px;column-gap:18px}body{padding:0;background:none;print-color-adjust:exact;-webkit-print-color-adjust:exact}article{box-shadow:none;padding:0;max-width:none;background:none}pre{border:1px solid var(--line)}}
`;

/** Radio buttons colour and size the picture: what is checked inside `.graph` decides. */
const GRAPH_STYLE = `
.picks{display:flex;flex-wrap:wrap;align-items:center;gap:2px;margin-bottom:8px}.picks .gap-x{width:14px}
.picks input{position:absolute;opacity:0;width:1px;height:1px}.picks label{padding:3px 9px;border-radius:6px;font-size:11.5px;color:var(--text-2);cursor:pointer}
.picks input:checked+label{background:var(--canvas);box-shadow:0 0 0 1px var(--line);color:var(--text-1);font-weight:560}.picks input:focus-visible+label{outline:2px solid var(--accent);outline-offset:1px}
.graph-box{max-height:560px;overflow:auto;border:1px solid var(--line);border-radius:9px;background:var(--canvas);text-align:center}
.graph-box:focus-visible{outline:2px solid var(--accent)}.graph-box svg{display:inline-block;vertical-align:top;width:auto;max-width:100%;max-height:556px;height:auto}
.graph:has(#size-half:checked) .graph-box svg{max-width:none;max-height:none;width:calc(var(--w)*.5)}.graph:has(#size-full:checked) .graph-box svg{max-width:none;max-height:none;width:var(--w)}
.wires{fill:none;stroke:var(--text-3);stroke-width:1.4;opacity:.5}
.n rect{fill:var(--raised);stroke:var(--line);stroke-width:1.2}.n text{font:520 12px var(--font-ui);fill:var(--text-1)}
.n:hover rect,.n:target rect{stroke:var(--accent);stroke-width:4}
.m-r rect{stroke-dasharray:5 3}.m-r text{fill:var(--text-3)}
.graph:has(#by-change:checked) .m-r rect{fill:color-mix(in oklch,var(--removed) 26%,var(--raised));stroke:var(--removed)}
.graph:has(#by-change:checked) .m-a rect{fill:color-mix(in oklch,var(--added) 28%,var(--raised));stroke:var(--added)}
.graph:has(#by-change:checked) .m-c rect{fill:color-mix(in oklch,var(--changed) 30%,var(--raised));stroke:var(--changed)}
.graph:has(#by-cost:checked) .n rect{fill:color-mix(in oklch,var(--removed) calc(var(--h)*100%),var(--raised))}
.graph:has(#by-cost:checked) .n text{fill:color-mix(in oklch,var(--panel) clamp(0%,calc((var(--h) - .5)*1000%),100%),var(--text-1))}.graph:has(#by-cost:checked) .m-r{opacity:.45}.by-cost-only{display:none}.graph:has(#by-cost:checked) .by-cost-only{display:flex;align-items:center}.ramp{width:120px;height:8px;border-radius:3px;background:linear-gradient(90deg in oklch,var(--raised),var(--removed));box-shadow:0 0 0 1px var(--line)}
${FAMILIES.map((family) => `.graph:has(#by-family:checked) .f-${family} rect{fill:color-mix(in oklch,var(--op-${family}) 38%,var(--raised));stroke:var(--op-${family})}`).join('\n')}
@media print{.picks{display:none}.graph-box{max-height:none;overflow:visible;border:0;background:none}.graph-box svg{max-height:210mm}}
.plot .series{fill:none;stroke:var(--c);stroke-width:1.6;stroke-linejoin:round}.plot .dashed{stroke-dasharray:5 4}.plot circle{fill:var(--c);opacity:.8}.plot .end{font-weight:560;fill:var(--text-1)}
.pool{--c:var(--op-pool)}.norm{--c:var(--op-norm)}.warning{--c:var(--warning)}.fused{--c:var(--fused)}
a{color:inherit}
.findings{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:0 36px}.findings section{min-width:0}
@media screen and (max-width:860px){.findings{grid-template-columns:minmax(0,1fr)}}
`;

export const STYLE = PAGE_STYLE + GRAPH_STYLE;

/** Families that the style knows; cells of any other family are drawn as unknown. */
export const KNOWN_FAMILIES: ReadonlySet<string> = new Set(FAMILIES);
