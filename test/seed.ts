import fc from 'fast-check'

// A change is judged by the same inputs each time; other ones are looked for with other seeds, at night.
fc.configureGlobal({ seed: Number(process.env.KATS_FUZZ_SEED ?? 1) })
