/**
 * A player of packet scripts: TCP's peer, application and clock as a text of a few lines, in virtual time (against the
 * kernel in real time). The language is described in docs/testing.md.
 *
 * <pre>
 *   file  ->  ScriptParser  ->  Script: Line, Step, SegmentSpec, Span
 *   Script  ->  ScriptPlayer  ->  Machine: StackMachine, or LinuxMachine for the kernel
 *                   |-> ScriptFailure: file, line, what was expected, what was there
 * </pre>
 */
package io.virtuoso.host.tcp.script;
