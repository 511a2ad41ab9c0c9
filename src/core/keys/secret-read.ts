/** A `kubernetes.io/tls` Secret, or why there is none. */
export type SecretRead =
  | { readonly ok: true; readonly cert: string; readonly key: string }
  | {
      readonly ok: false;
      readonly reason: "SecretNotFound" | "SecretForbidden" | "SecretUnreadable" | "SecretInvalid";
      /** A clause that repeats nothing of what is in the Secret, and says what to do. */
      readonly why: string;
      /** Nobody answered at all; left out where somebody did. */
      readonly isSilent?: boolean;
    };
