/** A result on stdout: one JSON document, or the text for people. */
export function printResult(json: boolean | undefined, result: unknown, text: string): void {
  process.stdout.write(json === true ? `${JSON.stringify(result)}\n` : `${text.trimEnd()}\n`)
}
