// Owns: what whoever interrupts a watch may want of it. While a watch is open to it, an interruption is a
// question and not an order: the guard looks on until there is an answer.

/** `leave`: another process may take it over. `rollBack`: all that it covers is taken back now. */
export type Wish = "leave" | "rollBack";

/** Given by whoever can ask somebody; without one, an interruption leaves the watch. */
export interface Leaving {
  /** Until it is disposed of, interruptions are asked about. */
  open(): Disposable;
  /** What was answered since it was last called; undefined: nothing, or to go on. */
  wish(): Wish | undefined;
}
