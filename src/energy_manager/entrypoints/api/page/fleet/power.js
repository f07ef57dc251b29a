// Powers of a portfolio.
import { digits, kw } from "../parts/format.js";

export const power = (kilowatts) => (Math.abs(kilowatts) >= 10000 ? `${digits(kilowatts / 1000)} MW` : kw(kilowatts));

// Two powers in one unit, which is said once.
export function both(before, one, between, other) {
  const [first, unit] = power(one).split(/\s/);
  const [second, same] = power(other).split(/\s/);
  return unit === same ? `${before}${first}${between}${second}\u00a0${unit}` : `${before}${power(one)}${between}${power(other)}`;
}
