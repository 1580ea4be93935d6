/**
 * Who pays for a core's time, and who is served next.
 *
 * <ul>
 *   <li>{@link io.virtuoso.host.account.Ledger}: at every moment one {@link io.virtuoso.host.account.Account} pays, a guest's or
 *       the host stack's own; {@link io.virtuoso.host.account.CoreTime} makes the bills add up to the thread's CPU time
 *       (docs/adr/0019).
 *   <li>{@link io.virtuoso.host.account.Scheduler}: of the guests with work ({@link io.virtuoso.host.account.Turn}) the one that
 *       is furthest behind its share is served next (docs/adr/0020).
 *   <li>{@link io.virtuoso.host.account.GuestLimits}: what a guest may use, kept by token buckets.
 * </ul>
 *
 * <p>Times are nanoseconds. Everything is the stack thread's.
 */
package io.virtuoso.host.account;
