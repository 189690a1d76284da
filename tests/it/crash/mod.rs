//! Nothing is sent twice and nothing is forgotten, whatever dies: stories that are struck at every point.
mod acts;
mod bell;
mod fault;
mod hours;
mod judgement;
mod known;
mod ladders;
mod op;
mod outside;
mod place;
mod points;
mod scene;
mod stories;
mod story;
mod tables;
mod telling;
