import { metropolisWeight } from '../../../protocols/averaging/index.ts'
import { degreeOf, type Links, type Mixing, peersOf } from './links.ts'

/** Links that work both ways, weighed as real peers weigh them (Xiao & Boyd 2004, eq. 8): the mean is conserved. */
export function metropolisMixing(links: Links): Mixing {
  return weigh(links, (receiver, sender) => metropolisWeight(degreeOf(links, receiver), degreeOf(links, sender)))
}

/** Every receiver takes the plain mean of itself and of what it hears. */
export function meanMixing(links: Links): Mixing {
  return weigh(links, (receiver) => 1 / (1 + degreeOf(links, receiver)))
}

function weigh(links: Links, weightOf: (receiver: number, sender: number) => number): Mixing {
  const { offsets, senders } = links
  const weights = new Float64Array(senders.length)
  for (let receiver = 0; receiver < peersOf(links); receiver++) {
    for (let e = offsets[receiver]!; e < offsets[receiver + 1]!; e++) weights[e] = weightOf(receiver, senders[e]!)
  }
  return { ...links, weights }
}
