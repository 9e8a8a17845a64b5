/** Builds the operators' console into `console/dist`, which the gateway serves below `/console/`. */
import { defineConfig } from "vite";

export default defineConfig({
  base: "./",
  // Fonts and pictures stay files: the page's security policy allows nothing inline but small pictures.
  build: { outDir: "dist", emptyOutDir: true, assetsInlineLimit: 0, modulePreload: { polyfill: false } },
});
