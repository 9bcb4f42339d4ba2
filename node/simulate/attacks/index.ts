/**
 * What peers may do to a run that they are in: a bench for robust rules. Loaded only where `simulate --attack` asks for it;
 * nothing of a peer imports it.
 *
 * ```ts
 * const attack = createAttack('sign-flip-x10', { owners: new Set([3, 7]), rules })
 * await runSimulation(options, { attack })
 * ```
 *
 * Attackers are honest inside, so that they know what they would have said. Those that lie about values sign their own
 * deltas and keep a chain that everybody can verify: only a rule can tell. Those that break their chain are caught, and
 * counted, by who follows it.
 */
import type { AveragingRules } from '../../../protocols/averaging/index.ts'
import type { Attack } from '../attack.ts'
import { adaptive } from './adaptive.ts'
import { alie } from './alie.ts'
import type { AttackName } from './attack-names.ts'
import { dissensus } from './dissensus.ts'
import { equivocation } from './equivocation.ts'
import { freeRider } from './free-rider.ts'
import { gaussian } from './gaussian.ts'
import { innerProduct } from './inner-product.ts'
import { labelFlip } from './label-flip.ts'
import { type Lie, LyingVectors } from './lying-vectors.ts'
import { scaling } from './scaling.ts'
import { signFlip } from './sign-flip.ts'
import { staleReplay } from './stale-replay.ts'

type Hooks = Omit<Attack, 'owners'>

/** What `or-memory` keeps from one mix to the next (`protocols/averaging/robust/or-memory.ts`). */
const MEMORY = 0.99

/** Every attack by the name that the command line gives it (ALGORITHMS 4). */
const ATTACKS = {
  alie: () => lying(() => alie),
  ipm: () => lying(() => innerProduct),
  'sign-flip': () => lying(() => signFlip(1)),
  'sign-flip-x10': () => lying(() => signFlip(10)),
  'label-flip': () => ({ rows: labelFlip }),
  gaussian: () => lying(() => gaussian),
  'scale-x1000': () => lying(() => scaling(1000)),
  dissensus: () => lying(() => dissensus),
  adaptive: () => lying(() => adaptive(0)),
  'adaptive-memory': () => lying(() => adaptive(MEMORY)),
  equivocation: (rules) => ({ interference: equivocation(rules) }),
  'stale-replay': () => ({ interference: staleReplay() }),
  'free-rider': () => lying(() => freeRider)
} as const satisfies Readonly<Record<AttackName, (rules: AveragingRules) => Hooks>>

/** For one simulation: some attacks remember what they sent. */
export function createAttack(
  name: AttackName,
  { owners, rules }: { readonly owners: ReadonlySet<number>; readonly rules: AveragingRules }
): Attack {
  return { owners, ...ATTACKS[name](rules) }
}

/** `createLie`: for each attacker, as some remember. */
function lying(createLie: () => Lie): Hooks {
  return { vectors: (own, attacker) => new LyingVectors(own, attacker, createLie()) }
}
