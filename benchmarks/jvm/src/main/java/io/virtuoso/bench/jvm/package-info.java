/** Programs that are measured as guests and on the kernel's stack: servers, and clients that are JVMs, too. */
package io.virtuoso.bench.jvm;
