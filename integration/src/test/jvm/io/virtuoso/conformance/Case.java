package io.virtuoso.conformance;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * A method that is a case. Its class and its name in lower case, {@code closing.both_half_close}, are the case's name;
 * it passes by returning. With a parameter of type {@link Kind}, {@link Peer} or both it is as many cases, the name ending
 * with the argument's.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
@interface Case {
    /** For how long it may run. */
    int seconds() default 60;

    /** First JDK that has what it needs. */
    int since() default 17;

    /** Kinds it is for; none: all. */
    Kind[] of() default {};

    /** Kinds it is not for. */
    Kind[] not() default {};
}
