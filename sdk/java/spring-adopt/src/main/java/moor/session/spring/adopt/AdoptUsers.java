package moor.session.spring.adopt;

import org.springframework.session.Session;

/** Judges the users of an application's sessions. An application with a login of its own has a bean of this type. */
public interface AdoptUsers {
    /** Whether the application would refuse the user of this session, for example a disabled user. Moor is not told of it. */
    boolean refuses(Session session);

    /** The user who is logged in, or null. */
    String userOf(Session session);
}
