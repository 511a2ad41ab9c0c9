import type { Attempts } from "../attempts.ts";
import { newEvent, type RequestEvent } from "../event.ts";
import type { RequestRules } from "../rules.ts";

/** What is noted of one request, and told once, when its answer's head is known. */
export class RequestRecord {
  readonly event: RequestEvent;
  attempts: Attempts | null = null;
  readonly #rules: RequestRules;
  #told = false;

  constructor(rules: RequestRules, method: string, scheme: string) {
    this.#rules = rules;
    this.event = newEvent(method, scheme, rules.now());
    rules.state.liveRequests += 1;
  }

  tell(status: number): void {
    if (this.#told) return;
    this.#told = true;
    this.event.status = status;
    this.attempts?.end();
    this.#rules.state.liveRequests -= 1;
    this.#rules.onEvent(this.event);
  }
}
