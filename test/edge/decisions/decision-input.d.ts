/** Put in by the bundler: the world that the test drew. */
declare module "decision-input" {
  const input: import("./hash.ts").DecisionInput;
  export default input;
}
