/**
 * Loaded before the compliance tool, which then runs on current Nodes and without GitHub: it reads the API's schemas
 * from the file that PINNING_SPEC names instead of asking for the specification at every run, and its reader of schemas
 * finds the functions of `node:util` that Node 23 has dropped.
 */
import { registerHooks } from 'node:module'
import process from 'node:process'
import util from 'node:util'

const LOCATION = /const specLocation = `[^`]*`/

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context)
    if (!url.endsWith('/pinning-service-compliance/dist/src/utils/constants.js')) return loaded
    const source = String(loaded.source)
    if (!LOCATION.test(source)) throw new Error('the compliance tool names its specification elsewhere now')
    return {
      ...loaded,
      source: source.replace(LOCATION, `const specLocation = ${JSON.stringify(process.env.PINNING_SPEC)}`)
    }
  }
})

for (const type of ['Boolean', 'Number', 'String', 'Symbol', 'Undefined', 'Function']) {
  util[`is${type}`] ??= (value) => typeof value === type.toLowerCase()
}
util.isObject ??= (value) => value !== null && typeof value === 'object'
util.isNull ??= (value) => value === null
util.isNullOrUndefined ??= (value) => value == null
