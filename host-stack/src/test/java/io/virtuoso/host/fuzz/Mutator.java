package io.virtuoso.host.fuzz;

import java.util.Arrays;
import java.util.SplittableRandom;

/** Makes of an input another one that differs in a few places. */
final class Mutator {
    static final int MOST_BYTES = 1024;
    private static final int[] REMARKABLE = {0, 1, -1, 0x7f, 0x80, 0x7fff, 0x8000, 0x7fff_ffff, 0x8000_0000};

    private final SplittableRandom random;

    Mutator(SplittableRandom random) {
        this.random = random;
    }

    /** @param other from which a piece may be taken */
    byte[] mutate(byte[] input, byte[] other) {
        byte[] result = input;
        for (int changes = 1 << random.nextInt(5); changes > 0; changes--) {
            result = change(result.length == 0 ? new byte[1] : result, other);
        }
        return result.length <= MOST_BYTES ? result : Arrays.copyOf(result, MOST_BYTES);
    }

    private byte[] change(byte[] input, byte[] other) {
        return switch (random.nextInt(10)) {
            case 0 -> flip(input);
            case 1, 2 -> set(input, random.nextInt(256));
            case 3 -> set(input, input[random.nextInt(input.length)] + random.nextInt(9) - 4);
            case 4 -> setWord(input);
            case 5 -> replace(input, random.nextInt(input.length), length(input), new byte[0]);
            case 6 -> insertNoise(input);
            case 7 -> replace(input, random.nextInt(input.length + 1), 0, piece(input));
            case 8 -> replace(input, random.nextInt(input.length + 1), 0, piece(other));
            default -> replace(input, random.nextInt(input.length), length(input), piece(other));
        };
    }

    private byte[] flip(byte[] input) {
        byte[] result = input.clone();
        result[random.nextInt(result.length)] ^= (byte) (1 << random.nextInt(8));
        return result;
    }

    private byte[] set(byte[] input, int value) {
        byte[] result = input.clone();
        result[random.nextInt(result.length)] = (byte) value;
        return result;
    }

    private byte[] setWord(byte[] input) {
        byte[] result = input.clone();
        int bytes = random.nextBoolean() ? 2 : 4;
        int value = REMARKABLE[random.nextInt(REMARKABLE.length)];
        int at = random.nextInt(result.length);
        for (int i = 0; i < bytes && at + i < result.length; i++) {
            result[at + i] = (byte) (value >>> 8 * (bytes - 1 - i));
        }
        return result;
    }

    private byte[] insertNoise(byte[] input) {
        byte[] noise = new byte[1 + random.nextInt(16)];
        if (random.nextBoolean()) {
            random.nextBytes(noise);
        } else {
            Arrays.fill(noise, (byte) random.nextInt());
        }
        return replace(input, random.nextInt(input.length + 1), 0, noise);
    }

    private int length(byte[] input) {
        return 1 + random.nextInt(Math.min(input.length, 32));
    }

    private byte[] piece(byte[] input) {
        if (input.length == 0) {
            return input;
        }
        int at = random.nextInt(input.length);
        return Arrays.copyOfRange(input, at, Math.min(at + length(input), input.length));
    }

    private static byte[] replace(byte[] input, int at, int length, byte[] by) {
        int end = Math.min(at + length, input.length);
        byte[] result = new byte[input.length - (end - at) + by.length];
        System.arraycopy(input, 0, result, 0, at);
        System.arraycopy(by, 0, result, at, by.length);
        System.arraycopy(input, end, result, at + by.length, input.length - end);
        return result;
    }
}
