import { z } from 'zod'

/** Under this key the services stand in a file of settings. */
export const SERVICES_KEY = 'services'

const SERVICE_NAME = /^[a-z0-9][a-z0-9-]{0,31}$/

const service = z.strictObject({
  /** Where its API is, such as `https://pins.example.org/psa`. */
  endpoint: z.url({ protocol: /^https?$/ }),
  /** File that holds the token and nothing else; beside the file of settings unless absolute. */
  tokenFile: z.exactOptional(z.string().min(1))
})

export const services = z.record(z.string().regex(SERVICE_NAME), service)

/** Pinning services by the names that their user gave them. */
export type Services = z.infer<typeof services>

/** `backup-2` as the environment spells where its token is. */
export function tokenVariableOf(name: string): string {
  return `STARLING_SERVICE_${name.toUpperCase().replaceAll('-', '_')}_TOKEN`
}

/** True for a variable that holds the token of a service. */
export function isTokenVariable(variable: string): boolean {
  return /^STARLING_SERVICE_[A-Z0-9_]+_TOKEN$/.test(variable)
}
