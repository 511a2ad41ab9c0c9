import { defineConfig, type ViteUserConfig } from "vitest/config";

const config: ViteUserConfig = defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: ["test/cases/**", "test/real/**"],
          testTimeout: 20_000,
          // Most of them wait for processes and servers: one worker on two cores leaves both idle.
          maxWorkers: 3,
        },
      },
      { test: { name: "cases", include: ["test/cases/**/*.test.ts"], testTimeout: 60_000 } },
      {
        test: {
          name: "real",
          include: ["test/real/**/*.test.ts"],
          testTimeout: 120_000,
          // Most of their time goes by waiting for servers.
          maxWorkers: 2,
          // Real API servers and clouds' stand-ins on two cores: what was only late gets one more chance, and is listed.
          retry: 1,
        },
      },
    ],
  },
});

export default config;
