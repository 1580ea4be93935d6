/**
 * Who may talk to whom within a virtual network: rules, and what they say of one connection. {@link
 * io.virtuoso.host.policy.Policy} is immutable and made by the control thread; {@link io.virtuoso.host.policy.PolicyGate}
 * is the stack thread's, and counts.
 */
package io.virtuoso.host.policy;
