import { defineConfig } from "./src/config/define.ts";

export default defineConfig({
  pools: [
    {
      id: "shop",
      origins: [
        { id: "a", url: "http://127.0.0.1:9001" },
        { id: "b", url: "http://127.0.0.1:9002" },
      ],
    },
  ],
});
