// SPDX-License-Identifier: Apache-2.0
// The style sheet of report.html: one set of names for colours, a light and a dark value for each.
#pragma once

namespace weft {

inline constexpr char kReportStyle[] = R"css(
:root{color-scheme:light dark;--page:#f6f7f9;--card:#fff;--ink:#16191d;--soft:#5b6470;--line:#e1e5ea;--right:#15803d;--wrong:#c2410c;
--c0:#2563eb;--c1:#c2700a;--c2:#0d8a7d;--c3:#9333ea;--c4:#c81e4a;--c5:#64748b}
@media(prefers-color-scheme:dark){:root{--page:#111418;--card:#1a1e24;--ink:#e8eaed;--soft:#9aa4b1;--line:#2c323a;--right:#4ade80;--wrong:#fb923c;
--c0:#6ea8fe;--c1:#f5b041;--c2:#3ddbc8;--c3:#c79bfa;--c4:#fb7f9c;--c5:#94a3b8}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
main{max-width:1080px;margin:0 auto;padding:28px 20px 60px}
h1{font-size:1.75rem;line-height:1.2;margin:0 0 4px;overflow-wrap:anywhere}
h2{font-size:1.2rem;margin:40px 0 12px}
h3{font-size:1rem;margin:0 0 10px;overflow-wrap:anywhere}
p{margin:0 0 12px}
.lead,.note,.absent,.soft{color:var(--soft)}
th .soft{font-weight:400}
.card+h3,.note+h3,.queries+h3{margin-top:22px}
.note{font-size:.85rem;margin:10px 0 0}
figcaption .note{margin:0}
.card,.chart,.query,details{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:14px 16px;margin:0}
.tiles{display:flex;flex-wrap:wrap;gap:10px;margin:20px 0 0}
.tile{flex:1 1 215px;background:var(--card);border:1px solid var(--line);border-radius:10px;padding:12px 14px}
.tile b{display:block;font-size:1.45rem;line-height:1.25;font-variant-numeric:tabular-nums}
.tile span{font-size:.85rem;color:var(--soft)}
.tile.main{border-color:var(--c0)}
.remark{border-left:4px solid var(--wrong);padding:6px 12px;margin:14px 0 0;background:var(--card);border-radius:4px}
.charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,440px),1fr));gap:14px}
.chart{padding:12px 10px 4px 12px;min-width:0}
figcaption{display:flex;flex-wrap:wrap;gap:2px 14px;align-items:baseline;font-size:.9rem}
.key{color:var(--soft);font-size:.85rem}
.key:before{content:"";display:inline-block;width:14px;height:3px;border-radius:2px;margin-right:6px;vertical-align:middle;background:var(--c)}
.c0{--c:var(--c0)}.c1{--c:var(--c1)}.c2{--c:var(--c2)}.c3{--c:var(--c3)}.c4{--c:var(--c4)}.c5{--c:var(--c5)}
svg{display:block;width:100%;height:auto;font-family:inherit}
svg path{fill:none}
.grid{stroke:var(--line)}
.axis{stroke:var(--soft);stroke-opacity:.5}
.tick{fill:var(--soft);font-size:11.5px;font-variant-numeric:tabular-nums}
.raw,.line{stroke:var(--c);stroke-linejoin:round;stroke-linecap:round}
.raw{stroke-width:1;stroke-opacity:.28}
.line{stroke-width:1.8}
.hit rect{fill:transparent}
.hit path{stroke:var(--soft);stroke-dasharray:2 3}
.hit text{fill:var(--ink);font-size:11.5px;font-variant-numeric:tabular-nums}
.hit path,.hit text{visibility:hidden;pointer-events:none}
.hit:hover path,.hit:hover text{visibility:visible}
.squares{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,320px),1fr));gap:14px;margin:14px 0 0}
.even{stroke-dasharray:4 4}
.mark{fill:var(--c);stroke:var(--card);stroke-width:1.2}
svg path.mark{fill:var(--c)}
.d1{stroke-dasharray:7 3}.d2{stroke-dasharray:2 3}.d3{stroke-dasharray:9 3 2 3}
.drawn{display:inline-flex;align-items:center;gap:6px;color:var(--soft);font-size:.85rem;overflow-wrap:anywhere}
.drawn svg{width:26px;flex:none}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.95rem}
th,td{padding:8px 12px 8px 0;text-align:left;border-top:1px solid var(--line);vertical-align:middle}
thead th{border-top:0;color:var(--soft);font-weight:500;font-size:.85rem;vertical-align:bottom}
tbody th{font-weight:500;min-width:7rem}
.n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
.ours{font-weight:700}
.compare{width:100%;min-width:130px;max-width:260px;margin-left:6px}
.compare circle{fill:var(--c)}
.compare .interval{stroke:var(--c);stroke-width:9;stroke-opacity:.35}
.compare .other{fill:var(--card);stroke:var(--c1);stroke-width:1.8}
.compare .chance{stroke:var(--soft);stroke-width:2}
.queries{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,440px),1fr));gap:14px}
.query h3 span{font-weight:400;color:var(--soft);font-size:.85rem;margin-left:8px}
.shots{display:grid;grid-template-columns:repeat(auto-fill,minmax(64px,1fr));gap:10px 8px}
.shot{margin:0;text-align:center;font-size:.72rem;line-height:1.35;color:var(--soft);position:relative;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
.shot img{display:block;width:100%;aspect-ratio:1;object-fit:contain;border-radius:8px;border:3px solid var(--c);background:#eef0f3;margin-bottom:3px}
.shot i{position:absolute;top:-6px;right:-6px;width:20px;height:20px;border-radius:50%;background:var(--c);color:var(--card);font:700 13px/20px system-ui,sans-serif}
.right{--c:var(--right)}.wrong{--c:var(--wrong)}.wrong img{border-style:dashed}
.sample{display:inline-block;width:1.4em;height:1.4em;line-height:1.4em;border-radius:50%;background:var(--c);color:var(--card);text-align:center;font-size:.75rem;font-weight:700}
details summary{cursor:pointer;font-weight:500}
pre{margin:12px 0 0;overflow-x:auto;font:.85rem/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
.env th{width:12rem;color:var(--soft);font-weight:400}
.env tr:first-child>*{border-top:0}
.env td{overflow-wrap:anywhere}
footer{margin-top:44px;color:var(--soft);font-size:.85rem}
@media(max-width:520px){main{padding:20px 12px 40px}h1{font-size:1.4rem}.tile{flex-basis:40%}.env th{width:7.5rem}.card,.query,details{padding:12px}}
@media print{body{background:#fff}.chart,.query,.tile{break-inside:avoid}}
)css";

}  // namespace weft
