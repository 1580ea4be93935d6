/**
 * A player of packet scripts: TCP's peer, application and clock as a text of a few lines, in virtual time. The language
 * is described in docs/testing.md.
 *
 * <pre>
 *   file  ->  ScriptParser  ->  Script: Line, Step, SegmentSpec, Span
 *   Script  ->  ScriptPlayer  ->  Machine: StackMachine
 *                   |-> ScriptFailure: file, line, what was expected, what was there
 * </pre>
 */
package io.virtuoso.host.tcp.script;
