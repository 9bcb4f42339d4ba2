import type { Command } from 'commander'
export function addCreate(_program: Command): void {}
