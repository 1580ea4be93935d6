package io.virtuoso.guest.nio;

import java.util.AbstractSet;
import java.util.Iterator;
import java.util.Set;

/** The set of selected keys as the program sees it: it may take members out, never put any in. */
final class UngrowableSet<T> extends AbstractSet<T> {
    private final Set<T> members;

    UngrowableSet(Set<T> members) {
        this.members = members;
    }

    @Override
    public Iterator<T> iterator() {
        return members.iterator();
    }

    @Override
    public int size() {
        return members.size();
    }

    @Override
    public boolean contains(Object member) {
        return members.contains(member);
    }

    @Override
    public boolean remove(Object member) {
        return members.remove(member);
    }

    @Override
    public void clear() {
        members.clear();
    }
}
