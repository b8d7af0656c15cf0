import { defineConfig } from "../../../src/config/define.ts";

export default defineConfig({
  pools: [
    {
      id: "shop",
      origins: [
        { id: "a", url: "http://10.0.2.21:9001" },
        { id: "b", url: "http://10.0.2.22:9001" },
      ],
    },
  ],
  stores: { authority: { type: "redis-tcp" } },
  trustedProxies: ["10.0.1.2", "10.0.1.3"],
});
