import type { Command } from 'commander'
export function addPredict(_program: Command): void {}
