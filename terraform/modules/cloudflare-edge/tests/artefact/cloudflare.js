export { default } from "./chunk-A.js";
