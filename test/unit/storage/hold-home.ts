/** A process that opens the home in its argument and holds it until it is killed. */
import { openHome } from '../../../storage/index.ts'

await openHome(process.argv[2]!, { create: true })
process.stdout.write('open\n')
process.on('disconnect', () => process.exit())
setInterval(() => {}, 1000)
