/** Signatures and lengths of records of a zip archive (APPNOTE 4.3.12 and 4.3.16). */
const END_SIGNATURE = Buffer.from('504b0506', 'hex')
const END_BYTES = 22
const ENTRY_SIGNATURE = 0x02_01_4b_50
const ENTRY_BYTES = 46

/**
 * CRC-32 of every entry by name, as the archive's directory has it: `fflate` unpacks without a look at them. What cannot
 * be found is left out; whether the archive is well-formed is for `fflate` to say.
 */
export function zipChecksums(bytes: Buffer): ReadonlyMap<string, number> {
  const checksums = new Map<string, number>()
  const end = bytes.lastIndexOf(END_SIGNATURE)
  if (end === -1 || end + END_BYTES > bytes.length) return checksums
  let at = bytes.readUInt32LE(end + 16)
  while (at + ENTRY_BYTES <= bytes.length && bytes.readUInt32LE(at) === ENTRY_SIGNATURE) {
    const nameBytes = bytes.readUInt16LE(at + 28)
    const name = bytes.toString('utf8', at + ENTRY_BYTES, at + ENTRY_BYTES + nameBytes)
    checksums.set(name, bytes.readUInt32LE(at + 16))
    at += ENTRY_BYTES + nameBytes + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32)
  }
  return checksums
}
