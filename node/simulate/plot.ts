import type { Measure } from '../training/quality.ts'
import type { Curve } from './study.ts'

const WIDTH = 800
const HEIGHT = 480
const MARGIN = { left: 64, right: 200, top: 24, bottom: 48 } as const
/** About so many numbers along each axis. */
const TICKS = 5

/** Okabe & Ito 2008: told apart by colour-blind readers too. */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#000000', '#999999']

interface Axes {
  readonly x: (round: number) => number
  readonly y: (value: number) => number
  readonly rounds: number
  readonly low: number
  readonly high: number
}

/**
 * `curves`: at least one, with at least one round. An SVG of the peers' mean (solid) and worst peer (dashed) over rounds, a colour for each label and a thin line for each
 * seed. No library does this that is installed for anything else; it is a few lines of text.
 */
export function plotCurves(curves: readonly Curve[], measure: Measure): string {
  const axes = axesOf(curves)
  const labels = [...new Set(curves.map(({ label }) => label))]
  const colourOf = (label: string) => COLOURS[labels.indexOf(label) % COLOURS.length]!
  const lines = curves.flatMap((curve) => [
    line(curve, axes, colourOf(curve.label), 'mean'),
    line(curve, axes, colourOf(curve.label), 'worst')
  ])
  const legend = labels.map((label, i) => legendEntry(label, colourOf(label), i))
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="white"/>`,
    ...frame(axes, measure),
    ...lines,
    ...legend,
    '</svg>\n'
  ].join('\n')
}

function axesOf(curves: readonly Curve[]): Axes {
  const snapshots = curves.flatMap(({ snapshots }) => snapshots)
  const values = snapshots.flatMap(({ mean, worst }) => [mean, worst])
  const rounds = snapshots.reduce((most, { round }) => Math.max(most, round), 1)
  const low = values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY)
  const high = values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY)
  const [width, height] = [WIDTH - MARGIN.left - MARGIN.right, HEIGHT - MARGIN.top - MARGIN.bottom]
  const range = high > low ? high - low : 1
  return {
    rounds,
    low,
    high,
    x: (round) => MARGIN.left + (width * round) / rounds,
    y: (value) => MARGIN.top + height * (1 - (value - low) / range)
  }
}

function frame({ x, y, rounds, low, high }: Axes, measure: Measure): string[] {
  const bottom = HEIGHT - MARGIN.bottom
  return [
    `<path d="M${MARGIN.left} ${MARGIN.top}V${bottom}H${WIDTH - MARGIN.right}" fill="none" stroke="black"/>`,
    ...ticks(low, high).map((value) => {
      const text = measure === 'accuracy' ? `${Number((100 * value).toFixed(2))} %` : Number(value.toPrecision(3))
      return `<text x="${MARGIN.left - 6}" y="${round(y(value) + 4)}" text-anchor="end">${text}</text>`
    }),
    ...ticks(0, rounds).map((at) => `<text x="${round(x(at))}" y="${bottom + 18}" text-anchor="middle">${at}</text>`),
    `<text x="${round(x(rounds / 2))}" y="${HEIGHT - 10}" text-anchor="middle">rounds (dashed: worst peer)</text>`
  ]
}

/** Multiples of 1, 2 or 5 times a power of ten from `low` to `high`. */
function ticks(low: number, high: number): number[] {
  const rough = (high - low) / TICKS
  if (!(rough > 0)) return [low]
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = power * [1, 2, 5, 10].find((factor) => factor * power >= rough)!
  const first = Math.ceil(low / step)
  return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, i) =>
    Number(((first + i) * step).toPrecision(6))
  )
}

function line({ snapshots }: Curve, { x, y }: Axes, colour: string, key: 'mean' | 'worst'): string {
  const points = snapshots.map((snapshot) => `${round(x(snapshot.round))},${round(y(snapshot[key]))}`)
  const dash = key === 'worst' ? ' stroke-dasharray="3 3" stroke-opacity="0.6"' : ''
  return `<polyline points="${points.join(' ')}" fill="none" stroke="${colour}"${dash}/>`
}

function legendEntry(label: string, colour: string, row: number): string {
  const [left, top] = [WIDTH - MARGIN.right + 12, MARGIN.top + 18 * row]
  return (
    `<path d="M${left} ${top}h20" stroke="${colour}" stroke-width="2"/>` +
    `<text x="${left + 26}" y="${top + 4}">${escapeXml(label)}</text>`
  )
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

function round(value: number): number {
  return Math.round(10 * value) / 10
}
