import { extname } from 'node:path'

/** The module `name` beside the one at `url`: `.ts` where the sources run, `.js` where they were built. */
export function siblingModule(name: string, url: string): URL {
  return new URL(`./${name}${extname(new URL(url).pathname)}`, url)
}
