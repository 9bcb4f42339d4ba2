import { Argument, type Command } from 'commander'
import type { CompletedProgram } from './completion-scripts.ts'

const SHELLS = ['bash', 'zsh', 'fish'] as const

const EXAMPLES = `
Examples:
  $ source <(starling completion bash)                                          in ~/.bashrc
  $ source <(starling completion zsh)                                           in ~/.zshrc, after compinit
  $ starling completion fish > ~/.config/fish/completions/starling.fish         once`

/** `starling completion`: a script that completes verbs, options and files in a shell. */
export function addCompletion(program: Command): void {
  program
    .command('completion')
    .description('print a script that completes verbs, options and files in a shell')
    .addArgument(new Argument('<shell>', 'which shell').choices(SHELLS))
    .addHelpText('after', EXAMPLES)
    .action(async (shell: (typeof SHELLS)[number]) => {
      const [{ createProgram }, { completionScript }] = await Promise.all([
        import('./index.ts'),
        import('./completion-scripts.ts')
      ])
      process.stdout.write(completionScript(shell, describe(await createProgram())))
    })
}

/** What a shell needs to know of the verbs, from commander's own tree. */
function describe(command: Command): CompletedProgram {
  const { options, subcommands } = {
    options: command.createHelp().visibleOptions(command),
    subcommands: command.commands
  }
  return {
    name: command.name(),
    description: firstLine(command.description()),
    options: options.map(({ long, description, required, optional, variadic, argChoices, flags }) => ({
      flag: long ?? flags,
      description: firstLine(description),
      isVariadic: variadic,
      value: required || optional ? (argChoices ?? kindOf(flags)) : 'none'
    })),
    words: command.registeredArguments.map((argument) => argument.argChoices ?? kindOf(`<${argument.name()}>`)),
    verbs: subcommands.map(describe)
  }
}

/** The placeholder says what a value is: `<dir>`, `<file>`, `<names...>`, `<invite>`. */
function kindOf(flags: string): 'folder' | 'file' | 'invite' | 'other' {
  if (flags.includes('<dir>')) return 'folder'
  if (/<(files?|names\.\.\.)/.test(flags)) return 'file'
  return /<(invite|checkpoint)>/.test(flags) ? 'invite' : 'other'
}

function firstLine(text: string): string {
  return text.split('\n')[0]!
}
