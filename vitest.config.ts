import { defineConfig } from 'vitest/config'

export default defineConfig({
  resolve: { conditions: ['@ashlar/source'] },
  ssr: { resolve: { conditions: ['@ashlar/source'] } },
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 90_000,
    hookTimeout: 90_000,
    pool: 'forks',
  },
})
