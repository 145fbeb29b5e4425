import { defineConfig } from 'vitest/config'

// unit: tests beside their file, in one process. server: whole servers and built executables, each file on its own.
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts'],
          setupFiles: ['test/seed.ts'],
          pool: 'threads',
          isolate: false,
          testTimeout: 20_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'server',
          include: ['test/**/*.test.ts'],
          setupFiles: ['test/seed.ts'],
          pool: 'forks',
          testTimeout: 120_000,
          hookTimeout: 120_000,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
})
