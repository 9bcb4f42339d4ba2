interface ProgressOptions {
  readonly json?: boolean | undefined
  readonly stream?: NodeJS.WriteStream
}

/** Shows what long work is at. */
export type Say = (text: string) => void

/** Shows on a terminal that work goes on, and what it is at, until it ends; nowhere else, and not beside JSON. */
export async function withProgress<T>(
  text: string,
  work: (say: Say) => Promise<T>,
  { json, stream = process.stderr }: ProgressOptions = {}
): Promise<T> {
  if (json === true || !stream.isTTY) return work(() => {})
  const { default: yoctoSpinner } = await import('yocto-spinner')
  // A verb that handles Ctrl-C closes what it has open; for one that does not, the spinner gives the cursor back.
  const handleSignals = process.listenerCount('SIGINT') === 0
  const spinner = yoctoSpinner({ text, stream, handleSignals }).start()
  try {
    return await work((now) => {
      spinner.text = now
    })
  } finally {
    spinner.stop()
  }
}
