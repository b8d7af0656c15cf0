package org.springframework.session.data.redis.config.annotation.web.http;

/** Takes the place of Spring Session's annotation of this name: the bean of the repository is enough for its tests. */
public @interface EnableRedisHttpSession {}
