import { escapeXml } from '../blob-target/ask.ts';

interface Line {
  readonly name: string;
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

/** One drawing of several below each other, with an axis of its own. */
export interface Panel {
  /** Of its vertical axis, with the unit. */
  readonly label: string;
  readonly lines: readonly Line[];
}

const [width, height] = [760, 240];
const [left, top] = [64, 44];
const plot = { width: width - left - 24, height: height - top - 44 };
const ticks = 5;

// Colours that can be told apart on light and dark, also by those who see red and green alike.
const style = `svg{background:#fff;font:12px system-ui,sans-serif}text{fill:#24292f}.grid{stroke:#d8dee4}
.line{fill:none;stroke-width:2}.c0{stroke:#0969da}.c1{stroke:#bc4c00}text.c0,text.c1{stroke:none}text.c0{fill:#0969da}text.c1{fill:#bc4c00}
@media (prefers-color-scheme:dark){svg{background:#0d1117}text{fill:#e6edf3}.grid{stroke:#30363d}
.c0{stroke:#58a6ff}.c1{stroke:#f0883e}text.c0{fill:#58a6ff}text.c1{fill:#f0883e}}`;

/** An SVG of lines over one horizontal axis. Both axes begin at 0. At most two lines a panel have colours. */
export function drawChart(title: string, axis: string, panels: readonly Panel[]): string {
  const size = `width="${width}" height="${height * panels.length + 24}"`;
  const drawn = panels.map((panel, i) => `<g transform="translate(0 ${24 + i * height})">${draw(panel, axis)}</g>`);
  const heading = `<text x="${left}" y="24" font-weight="bold">${escapeXml(title)}</text>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img"><title>${escapeXml(title)}</title><style>${style}</style>
${heading}
${drawn.join('\n')}
</svg>
`;
}

function draw({ label, lines }: Panel, axis: string): string {
  const points = lines.flatMap((line) => line.points);
  const [mostX, mostY] = [
    roundUp(Math.max(1, ...points.map(({ x }) => x))),
    roundUp(Math.max(1, ...points.map(({ y }) => y))),
  ];
  const atX = (x: number) => left + (x / mostX) * plot.width;
  const atY = (y: number) => top + plot.height * (1 - y / mostY);
  const shares = Array.from({ length: ticks + 1 }, (_, i) => i / ticks);
  const rows = shares.map((share) => {
    const y = atY(share * mostY).toFixed(1);
    const grid = `<line class="grid" x1="${left}" x2="${left + plot.width}" y1="${y}" y2="${y}"/>`;
    return `${grid}<text x="${left - 8}" y="${y}" dy="4" text-anchor="end">${tick(share * mostY)}</text>`;
  });
  const bottom = top + plot.height;
  const columns = shares.map(
    (share) => `<text x="${atX(share * mostX)}" y="${bottom + 16}" text-anchor="middle">${tick(share * mostX)}</text>`,
  );
  const names = `<text x="${left}" y="${top - 16}">${escapeXml(label)}</text><text x="${left + plot.width}" y="${bottom + 34}" text-anchor="end">${escapeXml(axis)}</text>`;
  const drawn = lines.map(({ name, points }, i) => {
    const path = points.map(({ x, y }) => `${atX(x).toFixed(1)},${atY(y).toFixed(1)}`).join(' ');
    const x = left + plot.width - (lines.length - 1 - i) * 120;
    const legend = `<text class="c${i}" x="${x}" y="${top - 16}" text-anchor="end">— ${escapeXml(name)}</text>`;
    return `<polyline class="line c${i}" points="${path}"/>${legend}`;
  });
  return [...rows, ...columns, names, ...drawn].join('');
}

/** Without the last digits that a computer gets wrong. */
function tick(value: number): number {
  return Number(value.toPrecision(6));
}

/** The next number that divides well among the ticks. */
function roundUp(value: number): number {
  const unit = 10 ** Math.floor(Math.log10(value));
  return ([1, 1.5, 2, 2.5, 3, 4, 5, 6, 8].find((step) => step * unit >= value) ?? 10) * unit;
}
