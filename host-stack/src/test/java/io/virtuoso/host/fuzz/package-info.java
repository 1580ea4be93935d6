/**
 * Coverage-guided fuzzing with nothing but the JDK. {@link io.virtuoso.host.fuzz.FuzzClassLoader} loads the classes under
 * test with a counter at every branch ({@link io.virtuoso.host.fuzz.EdgeInstrumentation}),
 * {@link io.virtuoso.host.fuzz.Fuzzer} changes inputs and keeps those that go where none went before. An input is read as
 * a list of decisions ({@link io.virtuoso.host.fuzz.FuzzInput}) by a {@link io.virtuoso.host.fuzz.FuzzTarget}. The same
 * seed, corpus and number of runs give the same result.
 */
package io.virtuoso.host.fuzz;
