// Owns: the form of a planted case: a hand-written down that is known to be wrong, or known to be
// right, with which the judge of downs is judged.

export interface Planted {
  /** What is wrong with the down, or what is odd about a right one. */
  name: string;
  /** Objects and rows that are there before. */
  before: string;
  up: string;
  down: string;
  /** What a finding must name, all of them, whatever their case; none: there must be no finding. */
  names: string[];
}
