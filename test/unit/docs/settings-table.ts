import { flagOf, SETTING_KEYS, SETTINGS, type Setting, variableOf } from '../../../node/settings.ts'

/** The table of every setting as docs/configuration.md shows it. */
export function settingsTable(): string {
  const rows = SETTING_KEYS.map((key) => {
    const { description, expected, default: value, defaultText, verbs }: Setting = SETTINGS[key]
    const usual = key === 'home' ? '`~/.starling`' : value === undefined ? (defaultText ?? 'none') : `\`${value}\``
    const readers = verbs === 'all' ? 'all but `demo`' : verbs.map((verb) => `\`${verb}\``).join(', ')
    return `| \`${key}\` | \`${flagOf(key)}\` | \`${variableOf(key)}\` | ${description} | ${expected} | ${usual} | ${readers} |`
  })
  return [
    '| key | option | variable | what it is | value | default | read by |',
    '| - | - | - | - | - | - | - |',
    ...rows
  ].join('\n')
}

const BOUNDS = /(<!-- settings -->\n)[\s\S]*?(\n<!-- end -->)/

/** The page with its table made anew. */
export function withSettingsTable(page: string): string {
  if (!BOUNDS.test(page)) throw new Error('the page has no place for the table: <!-- settings --> to <!-- end -->')
  return page.replace(BOUNDS, (_whole, start: string, end: string) => `${start}${settingsTable()}${end}`)
}
