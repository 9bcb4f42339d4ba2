/** What may stand somewhere: these words, the name of something on the disk, or what no shell can know. */
export type CompletedValue = readonly string[] | 'folder' | 'file' | 'invite' | 'other' | 'none'

export interface CompletedOption {
  readonly flag: string
  readonly description: string
  /** Takes several values, up to the next option. */
  readonly isVariadic: boolean
  readonly value: CompletedValue
}

/** A program or one of its verbs, as a completion script sees it. */
export interface CompletedProgram {
  readonly name: string
  readonly description: string
  readonly options: readonly CompletedOption[]
  /** What stands behind the verb. */
  readonly words: readonly CompletedValue[]
  readonly verbs: readonly CompletedProgram[]
}

/** One verb with the words that lead to it, `identity show`; the program itself has none. */
interface Place extends CompletedProgram {
  readonly path: string
}

/** A script for the shell to source. Everything that it offers stands in it: a key press starts no program. */
export function completionScript(shell: 'bash' | 'zsh' | 'fish', program: CompletedProgram): string {
  const places = placesOf(program)
  if (shell === 'fish') return fishScript(program, places)
  return shell === 'bash' ? bashScript(program.name, places) : zshScript(program.name, places)
}

function placesOf(program: CompletedProgram, path = ''): Place[] {
  const inside = program.verbs.flatMap((verb) => placesOf(verb, path === '' ? verb.name : `${path} ${verb.name}`))
  return [{ ...program, path }, ...inside]
}

/** Finds the verb and the last option before the cursor; `words` is the shell's array from the first word on. */
function scanner(places: readonly Place[], words: string): string {
  const known = places.flatMap(({ path }) => (path === '' ? [] : [quote(path)])).join(' | ')
  const variadic = cases(places, ({ isVariadic }) => isVariadic)
  return `  for word in ${words}; do
    case "$word" in
      -*) option="$word" distance=0 ;;
      *) distance=$((distance + 1))
        case "\${verb:+$verb }$word" in
          ${known}) verb="\${verb:+$verb }$word" option="" ;;
        esac ;;
    esac
  done
  # An option that has its value is done with, unless it takes several.
  if [ "$distance" -gt 0 ]; then
    case "$verb $option" in
      ${variadic}) ;;
      *) option="" ;;
    esac
  fi`
}

/** Patterns of \`verb --option\` for the options that fit, for a \`case\`; one that nothing matches where none does. */
function cases(places: readonly Place[], fits: (option: CompletedOption) => boolean): string {
  const patterns = places.flatMap(({ path, options }) =>
    options.filter(fits).map(({ flag }) => quote(`${path} ${flag}`))
  )
  return patterns.length === 0 ? "'no such option'" : patterns.join(' | ')
}

/** The branches that complete a value, by its kind. */
function valueBranches(
  places: readonly Place[],
  offer: Readonly<Record<'folder' | 'file' | 'invite' | 'other', string>> & { words(list: string): string }
): string {
  const lists = new Set(places.flatMap(({ options }) => options.flatMap(({ value }) => wordsIn(value))))
  const choices = [...lists].map((list) => {
    return `    ${cases(places, ({ value }) => wordsIn(value)[0] === list)}) ${offer.words(list)} ;;`
  })
  const kinds = (['folder', 'file', 'other'] as const).map((kind) => {
    return `    ${cases(places, ({ value }) => value === kind)}) ${offer[kind]} ;;`
  })
  return [...choices, ...kinds].join('\n')
}

function wordsIn(value: CompletedValue): string[] {
  return typeof value === 'string' ? [] : [value.join(' ')]
}

/** What stands at a place where no value of an option is due: verbs, options, words. */
function offersAt({ verbs, options, words }: Place): string[] {
  return [...verbs.map(({ name }) => name), ...options.map(({ flag }) => flag), ...words.flatMap(wordsIn)]
}

function bashScript(name: string, places: readonly Place[]): string {
  const offers = places.map((place) => `        ${quote(place.path)}) words=${quote(offersAt(place).join(' '))} ;;`)
  const invites = places.filter(({ words }) => words.includes('invite')).map(({ path }) => quote(path))
  return `# bash completion for ${name}
_${name}() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" verb="" option="" word words="" distance=0 IFS=$' \\t\\n'
  COMPREPLY=()
${scanner(places, '"${COMP_WORDS[@]:1:COMP_CWORD-1}"')}
  case "$option" in -*)
    case "$verb $option" in
${valueBranches(places, {
  words: (list) => `IFS=$'\\n' COMPREPLY=($(IFS=' ' compgen -W ${quote(list)} -- "$cur"))`,
  folder: `compopt -o filenames 2>/dev/null; IFS=$'\\n' COMPREPLY=($(compgen -d -- "$cur"))`,
  file: `compopt -o filenames 2>/dev/null; IFS=$'\\n' COMPREPLY=($(compgen -f -- "$cur"))`,
  invite: ':',
  other: ':'
})}
    *) option="" ;;
    esac ;;
  esac
  [ -n "$option" ] && case "$cur" in -*) ;; *) return ;; esac
  case "$verb" in
    ${invites.join(' | ')})
      # Bash breaks words at @, unless it was told not to, and yet replaces the @ too.
      case "$cur" in @*) option=@ ;; *) option="\${COMP_WORDS[COMP_CWORD-1]}" ;; esac
      if [ "$option" = @ ]; then
        IFS=$'\\n' COMPREPLY=($(compgen -f -- "\${cur#@}" | while IFS= read -r word; do printf '@%q\\n' "$word"; done))
        return
      fi ;;
  esac
  case "$verb" in
${offers.join('\n')}
  esac
  IFS=$'\\n' COMPREPLY=($(IFS=' ' compgen -W "$words" -- "$cur"))
}
complete -F _${name} ${name}
`
}

function zshScript(name: string, places: readonly Place[]): string {
  const offers = places.map((place) => {
    const described = [...place.verbs.map(({ name, description }) => [name, description])].concat(
      place.options.map(({ flag, description }) => [flag, description]),
      place.words.flatMap(wordsIn).flatMap((list) => list.split(' ').map((word) => [word, '']))
    )
    const entries = described.map(([word, text]) => quote(`${word}${text === '' ? '' : `:${text}`}`))
    return `    ${quote(place.path)}) offers=(${entries.join(' ')}) ;;`
  })
  const invites = places.filter(({ words }) => words.includes('invite')).map(({ path }) => quote(path))
  return `#compdef ${name}
_${name}() {
  local cur="\${words[CURRENT]}" verb="" option="" word distance=0
  local -a offers
${scanner(places, '"${(@)words[2,CURRENT-1]}"')}
  case "$option" in -*)
    case "$verb $option" in
${valueBranches(places, {
  words: (list) => `compadd -- ${list}`,
  folder: '_files -/',
  file: '_files',
  invite: ':',
  other: ':'
})}
    *) option="" ;;
    esac ;;
  esac
  [ -n "$option" ] && case "$cur" in -*) ;; *) return ;; esac
  case "$verb" in
    ${invites.join(' | ')}) case "$cur" in @*) compset -P @; _files; return ;; esac ;;
  esac
  case "$verb" in
${offers.join('\n')}
  esac
  _describe ${quote(name)} offers
}
compdef _${name} ${name}
`
}

function fishScript(program: CompletedProgram, places: readonly Place[]): string {
  const { name } = program
  const lines = places.flatMap((place) => {
    const at = place.path === '' ? '__fish_use_subcommand' : conditionOf(place)
    const start = `complete -c ${name} -n ${quote(at)}`
    const options = place.options.map(({ flag, description, value }) => {
      return `${start} -l ${flag.slice(2)}${fishValue(value)} -d ${quote(description)}`
    })
    const verbs = place.verbs.map((verb) => `${start} -f -a ${verb.name} -d ${quote(verb.description)}`)
    const words = place.words.map((value) =>
      typeof value === 'string' ? '' : `${start} -f -a ${quote(value.join(' '))}`
    )
    return [...verbs, ...options, ...words.filter((line) => line !== '')]
  })
  return `# fish completion for ${name}\ncomplete -c ${name} -e\n${lines.join('\n')}\n`
}

/** True at this verb and before one of those inside it. */
function conditionOf({ path, verbs }: Place): string {
  const seen = path.split(' ').map((word) => `__fish_seen_subcommand_from ${word}`)
  const before =
    verbs.length === 0 ? [] : [`not __fish_seen_subcommand_from ${verbs.map(({ name }) => name).join(' ')}`]
  return [...seen, ...before].join('; and ')
}

function fishValue(value: CompletedValue): string {
  if (value === 'none') return ' -f'
  if (value === 'file') return ' -r -F'
  if (value === 'folder') return " -x -a '(__fish_complete_directories)'"
  return typeof value === 'string' ? ' -x' : ` -x -a ${quote(value.join(' '))}`
}

/** For the shell: in single quotes, which end for every one inside. */
function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
