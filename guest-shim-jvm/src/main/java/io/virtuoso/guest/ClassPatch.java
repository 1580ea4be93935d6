package io.virtuoso.guest;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * Two small changes to a class file (JVMS 4): one more interface, or another body for a method. New constants go to the
 * end of the pool, so that nothing else has to be understood or moved.
 */
final class ClassPatch {
    private static final int UTF8 = 1;
    private static final int INTEGER = 3;
    private static final int LONG = 5;
    private static final int DOUBLE = 6;
    private static final int CLASS = 7;
    private static final int STRING = 8;
    private static final int METHODREF = 10;
    private static final int NAME_AND_TYPE = 12;
    private static final int METHOD_HANDLE = 15;
    private static final int METHOD_TYPE = 16;
    private static final int MODULE = 19;
    private static final int PACKAGE = 20;

    private static final int POOL_COUNT = 8;
    private static final int POOL = 10;
    private static final int ILOAD = 0x15;
    private static final int ALOAD = 0x19;
    private static final int INVOKESTATIC = 0xb8;
    private static final int IRETURN = 0xac;
    private static final int ARETURN = 0xb0;
    private static final int BYTES_OF_CALL_AND_RETURN = 4;

    private final ByteBuffer file;
    private final int[] constants;
    private final int poolEnd;
    private final ByteArrayOutputStream added = new ByteArrayOutputStream();
    private final DataOutputStream addition = new DataOutputStream(added);
    private int constantCount;

    private ClassPatch(byte[] classFile) {
        this.file = ByteBuffer.wrap(classFile);
        this.constantCount = u2(POOL_COUNT);
        this.constants = new int[constantCount];
        int at = POOL;
        for (int i = 1; i < constantCount; i++) {
            constants[i] = at;
            int tag = file.get(at);
            at += constantBytes(tag, at);
            if (tag == LONG || tag == DOUBLE) {
                i++; // these take two places
            }
        }
        this.poolEnd = at;
    }

    /** The class file with one more interface. */
    static byte[] addInterface(byte[] classFile, String name) {
        try {
            return new ClassPatch(classFile).withInterface(name);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * The class file with a static method that only calls a static method of another class, of the same descriptor, and
     * returns its result. Parameters and result are objects, int or boolean.
     *
     * @throws IllegalStateException if there is no such method
     */
    static byte[] redirect(byte[] classFile, String method, String descriptor, String target, String targetMethod) {
        return redirectOfObject(classFile, method, descriptor, target, targetMethod, descriptor);
    }

    /**
     * The same for a method of an object: the object is the first thing that the static method is called with.
     *
     * @param targetDescriptor one parameter more, which the object fits
     */
    static byte[] redirectOfObject(
            byte[] classFile,
            String method,
            String descriptor,
            String target,
            String targetMethod,
            String targetDescriptor) {
        try {
            return new ClassPatch(classFile).withCall(method, descriptor, target, targetMethod, targetDescriptor);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    // ---- changes -----------------------------------------------------------------------------

    private byte[] withInterface(String name) throws IOException {
        int index = addClass(name);
        int interfaces = poolEnd + 6;
        ByteArrayOutputStream tail = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(tail);
        int end = interfaces + 2 + 2 * u2(interfaces);
        out.writeShort(u2(interfaces) + 1);
        copy(out, interfaces + 2, end);
        out.writeShort(index);
        copy(out, end, file.capacity());
        return assemble(poolEnd, interfaces, tail);
    }

    private byte[] withCall(
            String method, String descriptor, String target, String targetMethod, String targetDescriptor)
            throws IOException {
        int code = findCode(method, descriptor);
        int call = addMethod(target, targetMethod, targetDescriptor);
        byte[] body = callBody(call, targetDescriptor);
        int locals = (body.length - BYTES_OF_CALL_AND_RETURN) / 2;
        ByteArrayOutputStream tail = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(tail);
        out.writeShort(u2(code));
        out.writeInt(12 + body.length); // the attribute's length: all that follows here
        out.writeShort(Math.max(1, locals)); // stack
        out.writeShort(locals);
        out.writeInt(body.length);
        out.write(body);
        out.writeShort(0); // exception handlers
        out.writeShort(0); // attributes
        copy(out, endOfAttribute(code), file.capacity());
        return assemble(poolEnd, code, tail);
    }

    /** Loads the locals, two bytes each, calls and returns. */
    private static byte[] callBody(int method, String descriptor) throws IOException {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        int at = 1;
        for (int local = 0; descriptor.charAt(at) != ')'; local++) {
            body.write(isObject(descriptor, at) ? ALOAD : ILOAD);
            body.write(local);
            at = endOfType(descriptor, at);
        }
        DataOutputStream out = new DataOutputStream(body);
        out.writeByte(INVOKESTATIC);
        out.writeShort(method);
        out.writeByte(isObject(descriptor, at + 1) ? ARETURN : IRETURN);
        return body.toByteArray();
    }

    private static boolean isObject(String descriptor, int at) {
        char kind = descriptor.charAt(at);
        if ("L[IZ".indexOf(kind) < 0) {
            throw new IllegalStateException("a type that cannot be passed on in " + descriptor);
        }
        return kind == 'L' || kind == '[';
    }

    private static int endOfType(String descriptor, int at) {
        int last = at;
        while (descriptor.charAt(last) == '[') {
            last++;
        }
        return descriptor.charAt(last) == 'L' ? descriptor.indexOf(';', last) + 1 : last + 1;
    }

    /** The file up to the pool's end with the new constants, an unchanged piece, and what comes instead of the rest. */
    private byte[] assemble(int from, int to, ByteArrayOutputStream tail) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(file.capacity() + added.size() + 64);
        DataOutputStream out = new DataOutputStream(bytes);
        copy(out, 0, POOL_COUNT);
        out.writeShort(constantCount);
        copy(out, POOL, poolEnd);
        added.writeTo(out);
        copy(out, from, to);
        tail.writeTo(out);
        return bytes.toByteArray();
    }

    private void copy(DataOutputStream out, int from, int to) throws IOException {
        out.write(file.array(), from, to - from);
    }

    // ---- constants ---------------------------------------------------------------------------

    private int addUtf8(String text) throws IOException {
        addition.writeByte(UTF8);
        addition.writeUTF(text);
        return constantCount++;
    }

    private int addClass(String name) throws IOException {
        int text = addUtf8(name);
        addition.writeByte(CLASS);
        addition.writeShort(text);
        return constantCount++;
    }

    private int addMethod(String owner, String name, String descriptor) throws IOException {
        int ownerClass = addClass(owner);
        int nameText = addUtf8(name);
        int descriptorText = addUtf8(descriptor);
        addition.writeByte(NAME_AND_TYPE);
        addition.writeShort(nameText);
        addition.writeShort(descriptorText);
        int nameAndType = constantCount++;
        addition.writeByte(METHODREF);
        addition.writeShort(ownerClass);
        addition.writeShort(nameAndType);
        return constantCount++;
    }

    private int constantBytes(int tag, int at) {
        return switch (tag) {
            case UTF8 -> 3 + u2(at + 1);
            case LONG, DOUBLE -> 9;
            case CLASS, STRING, METHOD_TYPE, MODULE, PACKAGE -> 3;
            case METHOD_HANDLE -> 4;
            default -> {
                if (tag < INTEGER || tag > PACKAGE) {
                    throw new IllegalStateException("constant of unknown kind " + tag);
                }
                yield 5;
            }
        };
    }

    private String text(int index) {
        int at = constants[index];
        return new String(file.array(), at + 3, u2(at + 1), StandardCharsets.UTF_8);
    }

    // ---- members -----------------------------------------------------------------------------

    /** Where a method's Code attribute begins. */
    private int findCode(String name, String descriptor) {
        int interfaces = poolEnd + 6;
        int at = skipMembers(interfaces + 2 + 2 * u2(interfaces));
        int methods = u2(at);
        at += 2;
        for (int i = 0; i < methods; i++) {
            if (text(u2(at + 2)).equals(name) && text(u2(at + 4)).equals(descriptor)) {
                return findCodeOf(at);
            }
            at = endOfMember(at);
        }
        throw new IllegalStateException("this JDK has no method " + name + descriptor + " to redirect");
    }

    private int findCodeOf(int method) {
        int at = method + 8;
        for (int i = u2(method + 6); i > 0; i--) {
            if (text(u2(at)).equals("Code")) {
                return at;
            }
            at = endOfAttribute(at);
        }
        throw new IllegalStateException("method without code");
    }

    private int skipMembers(int at) {
        int end = at + 2;
        for (int i = u2(at); i > 0; i--) {
            end = endOfMember(end);
        }
        return end;
    }

    private int endOfMember(int member) {
        int at = member + 8;
        for (int i = u2(member + 6); i > 0; i--) {
            at = endOfAttribute(at);
        }
        return at;
    }

    private int endOfAttribute(int attribute) {
        return attribute + 6 + file.getInt(attribute + 2);
    }

    private int u2(int at) {
        return file.getShort(at) & 0xffff;
    }
}
