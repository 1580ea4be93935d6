package io.virtuoso.guest;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Method;
import java.util.RandomAccess;
import org.junit.jupiter.api.Test;

class ClassPatchTest {
    /** What is patched: constants of both sizes, branches, a handler, neighbours of the same name. */
    public static final class Subject implements Cloneable {
        static final long WIDE = 0x1234_5678_9abcL;
        static final double REAL = 2.5;

        public Subject() {}

        public static String choose(boolean flag) {
            try {
                return flag ? "original " + WIDE : "original " + REAL;
            } catch (IllegalStateException e) {
                return "never";
            }
        }

        public static String choose(int number) {
            return "other " + number;
        }

        public static Object choose(String text) {
            return "original " + text;
        }

        public String own() {
            return "original";
        }

        public boolean many(String[][] table, boolean flag, int number, Object other) {
            return false;
        }

        public static int none() {
            return 1;
        }

        public static long wide(long number) {
            return number;
        }
    }

    /** Where the patched method leads. */
    public static final class Target {
        private Target() {}

        public static String instead(boolean flag) {
            return "redirected " + flag;
        }

        public static Object instead(String text) {
            return "redirected " + text;
        }

        public static String insteadOfOwn(Object self) {
            return "redirected " + self.getClass().getName();
        }

        public static boolean many(Object self, String[][] table, boolean flag, int number, Object other) {
            return self != null && table[0][0].equals("cell") && flag && number == 7 && other.equals("last");
        }

        public static int none() {
            return 2;
        }
    }

    @Test
    void shouldRedirectExactlyOneMethod() throws Exception {
        Class<?> patched = define(ClassPatch.redirect(
                bytes(),
                "choose",
                "(Z)Ljava/lang/String;",
                Target.class.getName().replace('.', '/'),
                "instead"));
        Method redirected = patched.getMethod("choose", boolean.class);
        assertEquals("redirected true", redirected.invoke(null, true));
        assertEquals("redirected false", redirected.invoke(null, false));
        assertEquals("other 7", patched.getMethod("choose", int.class).invoke(null, 7));
    }

    @Test
    void shouldRedirectAMethodThatTakesAnObject() throws Exception {
        Class<?> patched = define(ClassPatch.redirect(
                bytes(),
                "choose",
                "(Ljava/lang/String;)Ljava/lang/Object;",
                Target.class.getName().replace('.', '/'),
                "instead"));
        assertEquals("redirected x", patched.getMethod("choose", String.class).invoke(null, "x"));
        assertEquals("other 7", patched.getMethod("choose", int.class).invoke(null, 7));
    }

    @Test
    void shouldRedirectAMethodOfAnObject() throws Exception {
        Class<?> patched = define(ClassPatch.redirectOfObject(
                bytes(),
                "own",
                "()Ljava/lang/String;",
                Target.class.getName().replace('.', '/'),
                "insteadOfOwn",
                "(Ljava/lang/Object;)Ljava/lang/String;"));
        assertEquals(
                "redirected " + Subject.class.getName(),
                patched.getMethod("own").invoke(patched.getConstructor().newInstance()));
    }

    @Test
    void shouldPassOnEveryParameter() throws Exception {
        String target = Target.class.getName().replace('.', '/');
        byte[] once = ClassPatch.redirectOfObject(
                bytes(),
                "many",
                "([[Ljava/lang/String;ZILjava/lang/Object;)Z",
                target,
                "many",
                "(Ljava/lang/Object;[[Ljava/lang/String;ZILjava/lang/Object;)Z");
        Class<?> patched = define(ClassPatch.redirect(once, "none", "()I", target, "none"));
        Method many = patched.getMethod("many", String[][].class, boolean.class, int.class, Object.class);
        Object subject = patched.getConstructor().newInstance();
        assertEquals(true, many.invoke(subject, new String[][] {{"cell"}}, true, 7, "last"));
        assertEquals(false, many.invoke(subject, new String[][] {{"cell"}}, true, 8, "last"));
        assertEquals(2, patched.getMethod("none").invoke(null));
    }

    @Test
    void shouldSayThatATypeCannotBePassedOn() {
        IllegalStateException wide = assertThrows(
                IllegalStateException.class, () -> ClassPatch.redirect(bytes(), "wide", "(J)J", "a/B", "c"));
        assertEquals("a type that cannot be passed on in (J)J", wide.getMessage());
    }

    @Test
    void shouldAddAnInterfaceAfterTheOthers() throws Exception {
        Class<?> patched = define(ClassPatch.addInterface(bytes(), "java/util/RandomAccess"));
        assertArrayEquals(new Class<?>[] {Cloneable.class, RandomAccess.class}, patched.getInterfaces());
        assertEquals("original 2.5", patched.getMethod("choose", boolean.class).invoke(null, false));
    }

    @Test
    void shouldSayThatTheMethodIsMissing() {
        IllegalStateException missing = assertThrows(
                IllegalStateException.class, () -> ClassPatch.redirect(bytes(), "choose", "(J)V", "a/B", "c"));
        assertEquals("this JDK has no method choose(J)V to redirect", missing.getMessage());
    }

    private static byte[] bytes() throws IOException {
        try (InputStream in = ClassPatchTest.class.getResourceAsStream("ClassPatchTest$Subject.class")) {
            return in.readAllBytes();
        }
    }

    private static Class<?> define(byte[] classFile) {
        return new ClassLoader(ClassPatchTest.class.getClassLoader()) {
            Class<?> define() {
                return defineClass(Subject.class.getName(), classFile, 0, classFile.length);
            }
        }.define();
    }
}
